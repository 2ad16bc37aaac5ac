"""JSON Lines to rows, block by block: sure lines at once, the others with care."""

import heapq
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import IO

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from dagster_project.landing.blocks import (
    Block,
    Crew,
    Mask,
    cut,
    mark_of,
    size_for,
)
from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import check_encoding
from dagster_project.landing.csv_records import MAX_FIELD
from dagster_project.landing.duck import Duck
from dagster_project.landing.incoming import BLOCK, Incoming
from dagster_project.landing.jsonl_reader import BLANK, Body, check_keys, read_jsonl
from dagster_project.landing.jsonl_survey import Survey, survey
from dagster_project.landing.plain_values import have_key, one_time, only, times_of
from dagster_project.landing.sinks import ArrowRows, Reading, RejectSink, Rows

LONGEST_BYTES = 4 * (MAX_FIELD + 1)
Names = tuple[str, ...] | None


def read_jsonl_in_blocks(
    incoming: Incoming,
    contract: Contract,
    emit: Callable[[Rows | ArrowRows], None],
    rejects: RejectSink,
    duck: Duck,
    crew: Crew,
) -> Reading:
    """Emit every good object; give every bad line to `rejects`, as `read_jsonl` does.

    Raises:
        RefusedError: keys that are missing in every line, or not allowed.
    """
    check_encoding(incoming, contract)
    if contract.encoding != "utf-8":
        return read_jsonl(incoming, contract, emit, rejects)
    body = Body(incoming, contract, emit, rejects)
    with incoming.open() as file, incoming.open() as again:
        place = _Place(again, incoming, contract, body, duck)
        blocks = _blocks(file, incoming.size, crew)
        surveys = partial(survey, duck=duck)
        with crew.read_ahead(incoming.sha256, blocks, surveys) as found:
            for block, surveyed in found:
                rows = place.land(block, surveyed)
                body.count(rows)
                emit(rows)
    reading = body.finish()
    check_keys(reading, body.columns, contract)
    return reading


def begin_jsonl(
    sha256: str, content: bytes, contract: Contract, duck: Duck, crew: Crew
) -> None:
    """Survey a small file before its turn, beside whatever is landed meanwhile."""
    if contract.encoding == "utf-8":
        blocks = _blocks(io.BytesIO(content), len(content), crew)
        crew.begin(sha256, blocks, partial(survey, duck=duck))


def _blocks(file: IO[bytes], size: int, crew: Crew) -> Iterator[Block]:
    return cut(file, mark_of(file), size_for(size, crew.threads))


class _Place:
    """Where reading stands: behind `position` and the line `number`."""

    def __init__(
        self,
        file: IO[bytes],
        incoming: Incoming,
        contract: Contract,
        body: Body,
        duck: Duck,
    ) -> None:
        self._file = file
        self._incoming = incoming
        self._contract = contract
        self._body = body
        self._duck = duck
        self._position = 0
        self._number = 0
        self._names: dict[tuple[str, ...], Names] = {}

    def land(self, block: Block, found: Survey) -> ArrowRows:
        """The rows of the block's sure lines; the others are read with care."""
        first = int(np.searchsorted(found.starts + block.start, self._position))
        last = self._cut_line(block, found, first)
        records = ~found.blank
        records[:first] = False
        if last is not None:
            records[-1] = bool(last.strip(BLANK))
        lines = self._number + 1 + np.arange(len(records)) - first
        rows = self._body.physical + np.cumsum(records)
        self._number += len(records) - first
        self._body.physical += int(records.sum())
        sure = found.sure & records

        def judge(line: int) -> None:
            given = block.data[found.starts[line] : found.stops[line]]
            is_cut = last is not None and line == len(records) - 1
            text = last if is_cut else given.decode("utf-8", errors="surrogateescape")
            self._body.judge(int(lines[line]), text or "", int(rows[line]))

        named = self._name(found, sure, records & ~sure, judge)
        taken = _taken(found, sure, named)
        values = self._columns(found, named)
        times = self._times(values, len(taken))
        good = pc.and_(pa.array(taken), self._are_good(values, times))
        places = np.flatnonzero(found.sure)
        for line in places[taken & ~good.to_numpy(zero_copy_only=False)].tolist():
            judge(line)
        kept = places[good.to_numpy(zero_copy_only=False)]
        return ArrowRows(
            {name: only(each, good) for name, each in values.items()},
            pa.array(rows[kept]),
            pa.array(lines[kept]),
            only(times, good),
        )

    def _cut_line(self, block: Block, found: Survey, first: int) -> str | None:
        """The whole of a last line that the block does not hold to its end."""
        if block.data.endswith(b"\n") or first >= len(found.starts):
            return None
        self._file.seek(block.start + int(found.starts[-1]))
        line = self._file.readline(LONGEST_BYTES)
        if len(line) == LONGEST_BYTES:
            while (more := self._file.readline(BLOCK)) and not more.endswith(b"\n"):
                pass
        self._position = self._file.tell()
        return line.decode("utf-8", errors="surrogateescape")

    def _name(
        self, found: Survey, sure: Mask, unsure: Mask, judge: Callable[[int], None]
    ) -> list[Names]:
        """The columns of each shape, none where its keys are at fault.

        The first spelling of a key names its column, so keys are met in file order.
        """
        lines = np.flatnonzero(found.sure)
        queue = [(line, -1) for line in np.flatnonzero(unsure).tolist()]
        for number, keys in enumerate(found.shapes):
            having = lines[(found.shape == number) & sure[lines]]
            if len(having) and self._names.get(keys, ()) == ():
                queue.append((int(having[0]), number))
            elif len(having) and self._names[keys] is None:
                queue += [(line, -1) for line in having.tolist()]
        heapq.heapify(queue)
        while queue:
            line, number = heapq.heappop(queue)
            if number < 0:
                judge(line)
            elif self._met(found.shapes[number]) is None:
                having = lines[(found.shape == number) & sure[lines]]
                for each in having.tolist():
                    heapq.heappush(queue, (each, -1))
        return [self._names.get(keys) for keys in found.shapes]

    def _met(self, keys: tuple[str, ...]) -> Names:
        try:
            self._names[keys] = self._body.names(keys)
        except ValueError:
            self._names[keys] = None
        return self._names[keys]

    def _columns(self, found: Survey, named: list[Names]) -> dict[str, pa.Array]:
        """Values by column; lines that spell a key otherwise have it in another."""
        under: dict[str, dict[str, None]] = {name: {} for name in self._body.columns}
        for keys, names in zip(found.shapes, named, strict=True):
            for key, name in zip(keys, names or (), strict=False):
                under[name][key] = None
        nothing = pa.nulls(len(found.shape), pa.string())
        return {
            name: _first([found.values[key] for key in keys] or [nothing])
            for name, keys in under.items()
        }

    def _times(self, values: dict[str, pa.Array], count: int) -> pa.Array:
        if self._body.time_column is None:
            return one_time(self._incoming.extracted_at, count)
        texts = values.get(self._body.time_column)
        if texts is None:
            return one_time(None, count)
        return times_of(texts, self._contract.timezone, self._duck)

    def _are_good(self, values: dict[str, pa.Array], times: pa.Array) -> pa.Array:
        """Rows that have their time and their key."""
        if not self._contract.key:
            return times.is_valid()
        key = [values[name] for name in self._body.key if name in values]
        return pc.and_(times.is_valid(), have_key(key, len(times)))


def _first(columns: Sequence[pa.Array]) -> pa.Array:
    """The value of the only column, or of the first that has one."""
    return pc.coalesce(*columns) if len(columns) > 1 else columns[0]


def _taken(found: Survey, sure: Mask, named: list[Names]) -> Mask:
    """Which of the sure lines belong here and have keys without fault."""
    is_named = np.array([names is not None for names in named], dtype=np.bool_)
    taken: Mask = sure[found.sure] & is_named[found.shape]
    return taken
