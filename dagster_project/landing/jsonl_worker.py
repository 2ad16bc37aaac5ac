"""Reads one range of a large JSON Lines file in a process of its own.

A pool of `multiprocessing` would import the caller's main module again, guarded or not;
hence plain processes that are told by a file what to do and answer by another.
"""

import itertools
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import check_encoding
from dagster_project.landing.incoming import BLOCK, Incoming
from dagster_project.landing.jsonl_reader import Body, check_keys
from dagster_project.landing.sinks import LandingError, Reading, RejectSink, RowSink

CALL = f"import sys; from {__name__} import main; main(*sys.argv[1:])"
MARK = b"\xef\xbb\xbf"
WORTHWHILE = 32 * 1024 * 1024
MOST = 4
PARTS_EACH = 1_000_000


@dataclass(frozen=True)
class Range:
    """Whole lines of a file, from byte `start` up to `stop`."""

    start: int
    stop: int
    first_line: int


@dataclass(frozen=True)
class Request:
    """Everything a worker needs."""

    incoming: Incoming
    contract: Contract
    range: Range
    folder: Path
    first_part: int
    rejects: Path
    batch_id: str


@dataclass(frozen=True)
class Response:
    """What a worker made of its range."""

    reading: Reading
    columns: tuple[str, ...]
    parts: tuple[Path, ...]


def read_jsonl_in_ranges(
    incoming: Incoming,
    contract: Contract,
    sink: RowSink,
    batch_id: str,
    scratch: Path,
    workers: int,
) -> tuple[Reading, list[Path]] | None:
    """The reading and its files of rejects; None where one process reads it as well.

    Raises:
        RefusedError: keys that are missing in every line, or not allowed.
    """
    check_encoding(incoming, contract)
    if contract.encoding != "utf-8" or incoming.size < WORTHWHILE or workers < 2:
        return None
    ranges = _ranges(incoming, min(workers, MOST))
    if ranges is None:
        return None
    base = sink.reserve() * PARTS_EACH * MOST
    requests = [
        Request(
            incoming,
            contract,
            found,
            sink.folder,
            base + number * PARTS_EACH,
            scratch / f"rejects-{base}-{number}.parquet",
            batch_id,
        )
        for number, found in enumerate(ranges)
    ]
    responses = _run(requests, scratch)
    for response in responses:
        sink.parts.extend(response.parts)
    reading = _joined([response.reading for response in responses])
    columns = dict.fromkeys(c for response in responses for c in response.columns)
    check_keys(reading, columns, contract)
    return reading, [r.rejects for r in requests if r.rejects.exists()]


def _ranges(incoming: Incoming, count: int) -> list[Range] | None:
    """Ranges of about one size; None where a blank line may upset the counting."""
    with incoming.open() as file:
        begin = len(MARK) if file.read(len(MARK)) == MARK else 0
        borders = [begin]
        for number in range(1, count):
            file.seek(incoming.size * number // count)
            file.readline()
            borders.append(max(file.tell(), borders[-1]))
        borders.append(incoming.size)
        ranges, line = [], 1
        for start, stop in itertools.pairwise(borders):
            lines = _lines(file, start, stop)
            if lines is None:
                return None
            ranges.append(Range(start, stop, line))
            line += lines
    return ranges


def _lines(file: IO[bytes], start: int, stop: int) -> int | None:
    file.seek(start)
    lines, last = 0, b"\n"
    while start < stop:
        block = file.read(min(BLOCK, stop - start))
        joined = last + block
        if any(b"\n" + space in joined for space in (b"\n", b"\r", b" ", b"\t")):
            return None
        lines += block.count(b"\n")
        last = block[-1:]
        start += len(block)
    return lines


def _run(requests: Sequence[Request], scratch: Path) -> list[Response]:
    started = []
    for number, request in enumerate(requests):
        asked, answered = scratch / f"request-{number}", scratch / f"response-{number}"
        asked.write_bytes(pickle.dumps(request))
        command = [sys.executable, "-c", CALL, str(asked), str(answered)]
        started.append((subprocess.Popen(command), answered))  # noqa: S603
    try:
        codes = [process.wait() for process, _ in started]
    finally:
        for process, _ in started:
            process.kill()
    if any(codes):
        raise LandingError(
            f"{requests[0].incoming.name}: a reading process ended with {codes}; its "
            "reason stands above, and with less memory FUNNELHOUSE_THREADS=1 helps"
        )
    return [pickle.loads(answered.read_bytes()) for _, answered in started]  # noqa: S301


def _joined(readings: Sequence[Reading]) -> Reading:
    times = [r.extracted_at for r in readings if r.extracted_at is not None]
    return Reading(
        sum(reading.physical for reading in readings),
        sum(reading.landed for reading in readings),
        sum(reading.rejected for reading in readings),
        max(times, default=None),
    )


def _work(request: Request) -> Response:
    contract = request.contract
    first = request.range.first_line
    sink = RowSink(request.folder, itertools.count(request.first_part))
    place = (contract.source_code, contract.table_name, request.batch_id)
    rejects = RejectSink(request.rejects, *place)
    body = Body(
        request.incoming,
        contract,
        lambda rows: sink.add(request.incoming, rows),
        rejects,
        first - 1,
    )
    with request.incoming.open() as file:
        for number, line in enumerate(_decoded(file, request.range), start=first):
            body.read(number, line)
    reading = body.finish()
    sink.close()
    rejects.close()
    return Response(reading, tuple(body.columns), tuple(sink.parts))


def _decoded(file: IO[bytes], found: Range) -> Iterator[str]:
    file.seek(found.start)
    left = found.stop - found.start
    while left > 0:
        line = file.readline()
        left -= len(line)
        yield line.decode("utf-8", errors="surrogateescape")


def main(asked: str, answered: str) -> None:
    """Answer one request of the process that started this one."""
    request = pickle.loads(Path(asked).read_bytes())  # noqa: S301  written by _run
    Path(answered).write_bytes(pickle.dumps(_work(request)))
