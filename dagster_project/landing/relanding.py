"""Lands a file again, in a batch of its own: from extracts/, or with mended records.

What was landed before stays as it is, and counts until the new batch is whole.
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.dataset as dataset  # type: ignore[import-untyped]

from dagster_project.landing import lake
from dagster_project.landing.choosing import ChoiceError, Held, check_known, choose
from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import open_text, read_csv, without_mark
from dagster_project.landing.csv_records import Lines, read_records
from dagster_project.landing.incoming import (
    Found,
    Incoming,
    RefusedError,
    digest,
    unpacked,
)
from dagster_project.landing.jsonl_reader import Body
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.landing import Night, open_night
from dagster_project.landing.mending import Mended, MendError, Rejected
from dagster_project.landing.names import check_frozen
from dagster_project.landing.sinks import LINEAGE, Reading, RejectSink, Rows
from dagster_project.landing.withdrawing import is_at_hand
from dagster_project.paths import Paths

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class File:
    """A landing that stands, and the table it is of."""

    held: Held
    landing: FileOutcome

    @property
    def contract(self) -> Contract:
        return self.held.contract


@dataclass(frozen=True)
class Relanded:
    """What became of a file: how many records were mended, what is still rejected."""

    file: File
    outcome: FileOutcome
    mended_count: int
    still: list[Rejected]


def files_with_rejects(held: Iterable[Held]) -> list[File]:
    """Landings in use of which records were rejected."""
    return [
        File(each, landing)
        for each in held
        for landing in each.standing.admitted
        if landing.rejected_count
    ]


def choose_files(held: Sequence[Held], name: str, sha256: str = "") -> list[File]:
    """The landing of a name in each table that reads it: the newest, or one stated.

    Raises:
        ChoiceError: nothing of it is landed, or what was is withdrawn.
    """
    landings = [File(each, landing) for each in held for landing in _of(each, name)]
    check_known(held, name)
    chosen = choose(held, name, sha256, [file.landing for file in landings])
    return [file for file in landings if file.landing.version == chosen.version]


def _of(held: Held, name: str) -> list[FileOutcome]:
    landings = held.standing.landings
    versions = held.versions_of(name)
    return [landings[v.version] for v in versions if v.version in landings]


def read_rejected(file: File, paths: Paths) -> list[Rejected]:
    """The rejected records of a landing, by line, each with its row's number."""
    found = read_reasons(file, paths)
    lines = np.array([row["line_number"] for row in found], np.int64)
    rows = _row_numbers(lines, *_landed_places(file, paths))
    return [
        Rejected(row["line_number"], number, row["raw_text"], row["reason"])
        for row, number in zip(found, rows.tolist(), strict=True)
    ]


def read_reasons(file: File, paths: Paths) -> list[dict[str, Any]]:
    """Line, raw text and reason of each rejected record of a landing, by line."""
    path = paths.rejects / lake.name_of(file.landing.batch_id, file.contract)
    if not file.landing.rejected_count:
        return []
    of_file = dataset.field("file_name") == file.landing.file_name
    columns = ["line_number", "raw_text", "reason"]
    table = dataset.dataset(path, format="parquet").to_table(columns, filter=of_file)
    return sorted(table.to_pylist(), key=lambda row: int(row["line_number"]))


def _landed_places(file: File, paths: Paths) -> tuple[Numbers, Numbers]:
    """Line and row number of each landed row; of Parquet files a row is its line."""
    of_file = dataset.field("_source_file") == file.landing.file_name
    is_parquet = file.contract.format == "parquet"
    line = "_source_row" if is_parquet else "_source_line"
    places = [np.empty((2, 0), np.int64)]
    for part in _parts(file, paths):
        found = dataset.dataset(part, format="parquet")
        table = found.to_table(sorted({line, "_source_row"}), filter=of_file)
        places.append(np.array([table[line], table["_source_row"]], np.int64))
    lines, rows = np.concatenate(places, axis=1)
    order = np.argsort(lines)
    return lines[order], rows[order]


def _row_numbers(
    lines: Numbers, landed_lines: Numbers, landed_rows: Numbers
) -> Numbers:
    """Of each rejected line: the row landed last before it, and the rejected since."""
    before = np.searchsorted(landed_lines, lines)
    last = np.concatenate([[0], landed_rows])[before]
    since = np.arange(len(lines)) - np.searchsorted(before, before) + 1
    numbers: Numbers = last + since
    return numbers


def _parts(file: File, paths: Paths) -> list[Path]:
    folder = lake.batch_folder(paths, file.contract, file.landing.batch_id)
    return sorted(folder.glob("*.parquet"))


def header_of_file(file: File, paths: Paths) -> tuple[str, bool]:
    """The header line of a CSV file, and whether it was read from the file itself."""
    if not is_at_hand(file.landing, paths):
        return _header_of_rows(file, paths), False
    name = file.landing.file_name
    found = Found(name, paths.extracts / name)
    content = digest(found.path)[1]
    with (
        tempfile.TemporaryDirectory(prefix=lake.SCRATCH, dir=paths.lake) as scratch,
        unpacked(found, "", content, None, Path(scratch)) as incoming,
        open_text(incoming, file.contract) as text,
    ):
        records = read_records(Lines(without_mark(text)), file.contract.delimiter)
        return next(records).raw.rstrip("\r\n"), True


def _header_of_rows(file: File, paths: Paths) -> str:
    ours = set(LINEAGE.names)
    of_file = dataset.field("_source_file") == file.landing.file_name
    columns = [column.name for column in file.contract.columns]
    for part in _parts(file, paths):
        found = dataset.dataset(part, format="parquet")
        if found.count_rows(filter=of_file):
            columns = [name for name in found.schema.names if name not in ours]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=file.contract.delimiter, lineterminator="")
    writer.writerow(columns)
    return text.getvalue()


def reland_extract(
    file: File, paths: Paths, batch_id: str, memory_limit: str, threads: int
) -> Relanded:
    """Read a file again under today's declaration.

    Raises:
        ChoiceError: extracts/ has no such file any more, or one with other content, or
            fewer of its records would be landed than now.
        RefusedError: the declaration refuses the file; what was landed stands.
    """
    landing = file.landing
    if not is_at_hand(landing, paths):
        raise ChoiceError(
            f"{landing.file_name} is not in extracts/ as it was landed "
            f"(sha256 {landing.file_sha256[:12]}…); put it back, or mend what was "
            "rejected: funnelhouse reland FILE --to mend.csv"
        )
    found = Found(landing.file_name, paths.extracts / landing.file_name)
    with open_night(file.contract, paths, batch_id, memory_limit, threads) as night:
        outcome = night.read_again(found, landing)
        _check_gain(outcome, landing)
        night.commit()
    again = File(file.held, outcome)
    mended = outcome.landed_count - landing.landed_count
    return Relanded(again, outcome, mended, read_rejected(again, paths))


def _check_gain(outcome: FileOutcome, landing: FileOutcome) -> None:
    """Mended records are not in extracts/: to read the file again may lose them."""
    if outcome.landed_count < landing.landed_count:
        raise ChoiceError(
            f"{landing.file_name}: {outcome.landed_count:,} of its records would be "
            f"landed, and {landing.landed_count:,} are now, which may have been "
            "mended; to have them as declared now all the same, withdraw the file and "
            "put it into extracts/ under another name"
        )


def reland_mended(
    file: File, paths: Paths, batch_id: str, header: str, mended: Sequence[Mended]
) -> Relanded:
    """Land the mended records that are good now; the others stay rejected.

    Where nothing is good now and nothing was said anew, nothing is written.

    Raises:
        MendError: the header cannot be one of this table's files.
    """
    before = read_rejected(file, paths)
    given = {record.line: record for record in mended}
    reader = _Reader(file, header)
    still: list[Rejected] = []
    for rejected in before:
        record = given.get(rejected.line)
        reason = reader.read(rejected, record.raw) if record else rejected.reason
        if reason:
            raw = record.raw if record else rejected.raw
            still.append(replace(rejected, raw=raw, reason=reason))
    if still == before:
        return Relanded(file, file.landing, 0, still)
    with open_night(file.contract, paths, batch_id, "1GB", 1) as night:
        outcome = _commit(night, file.landing, reader.good, still)
    return Relanded(File(file.held, outcome), outcome, len(reader.good), still)


def _commit(
    night: Night,
    landing: FileOutcome,
    good: Sequence[tuple[Incoming, Rows]],
    still: Sequence[Rejected],
) -> FileOutcome:
    rejected = [(each.line, each.raw, each.reason) for each in still]
    outcome = night.mend(landing, good, rejected)
    night.commit()
    return outcome


class _Heard(RejectSink):
    """Keeps the reasons for which a reader rejects, and writes nothing."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def add(self, incoming: Incoming, line: int | None, raw: str, reason: str) -> None:
        self.reasons.append(reason)


class _Reader:
    """Reads mended records one by one, as the file's own reader would."""

    def __init__(self, file: File, header: str) -> None:
        self.good: list[tuple[Incoming, Rows]] = []
        self._landing = file.landing
        self._is_parquet = file.contract.format == "parquet"
        self._header = header
        self._contract = replace(file.contract, encoding="utf-8")
        if self._contract.format == "csv":
            self._check_header()

    def _check_header(self) -> None:
        try:
            self._read_csv("", [], _Heard())
        except RefusedError as error:
            raise MendError(f"the mended records: {error}") from error

    def read(self, rejected: Rejected, raw: str) -> str:
        """Why a record is still rejected; empty where it is good now."""
        if objection := rejected.objection_to(raw):
            return objection
        held: list[Rows] = []
        heard = _Heard()
        read = self._read_csv if self._contract.format == "csv" else self._read_json
        try:
            reading = read(raw, held, heard)
        except RefusedError as error:
            return str(error)
        if reading.physical != 1:
            return (
                f"is {reading.physical} records after mending; make it one, or leave "
                "it out"
            )
        if heard.reasons:
            return heard.reasons[0]
        self._keep(rejected, held)
        return ""

    def _keep(self, rejected: Rejected, held: Sequence[Rows]) -> None:
        line = None if self._is_parquet else rejected.line
        for rows in held:
            if rows.numbers:
                placed = replace(rows, numbers=[rejected.row], lines=[line])
                self.good.append((self._incoming(""), placed))

    def _incoming(self, text: str) -> Incoming:
        stated = self._contract.extracted_at.column is None
        at = self._landing.extracted_at if stated else None
        content = text.encode("utf-8")
        return Incoming(*self._landing.version, Path(), content, at)

    def _read_csv(self, raw: str, held: list[Rows], heard: _Heard) -> Reading:
        incoming = self._incoming(f"{self._header}\n{raw}\n")
        return read_csv(incoming, self._contract, held.append, heard)

    def _read_json(self, raw: str, held: list[Rows], heard: _Heard) -> Reading:
        body = Body(self._incoming(""), self._contract, held.append, heard)
        body.read(1, raw)
        check_frozen(body.columns, self._contract)
        return body.finish()
