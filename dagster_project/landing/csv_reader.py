"""CSV files to rows: the careful way, record by record, which finds what is bad."""

import codecs
import io
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_records import Lines, Record, read_records
from dagster_project.landing.incoming import Incoming, RefusedError
from dagster_project.landing.names import (
    key_columns,
    key_fault,
    listed,
    read_header,
)
from dagster_project.landing.sinks import (
    ArrowRows,
    Reading,
    RejectSink,
    Rows,
    newest_of,
)
from dagster_project.landing.times import read_instant

CHUNK_ROWS = 10_000
CHUNK_CHARACTERS = 4 * 1024 * 1024
WIDE = ("utf-16", "utf-32")
Emit = Callable[[Rows], None]


def read_csv(
    incoming: Incoming, contract: Contract, emit: Emit, rejects: RejectSink
) -> Reading:
    """Emit every good row; give every bad record to `rejects`.

    Raises:
        RefusedError: no usable header, or an encoding that is not the declared one.
    """
    with open_text(incoming, contract) as text:
        try:
            records = read_records(Lines(without_mark(text)), contract.delimiter)
            columns = header_of(next(records, None), contract)
            body = Body(incoming, contract, columns, emit, rejects)
            return body.read(records)
        except UnicodeDecodeError as error:
            raise RefusedError(
                f"bytes that are not {contract.encoding} ({error.reason}); declare "
                "the encoding it has"
            ) from error


def open_text(incoming: Incoming, contract: Contract, newline: str = "") -> IO[str]:
    """The file as text; bytes that cannot be decoded become surrogates.

    Raises:
        RefusedError: an empty file, or UTF-16 that was not declared.
    """
    check_encoding(incoming, contract)
    wide = contract.encoding.startswith(WIDE)
    errors = "strict" if wide else "surrogateescape"
    return io.TextIOWrapper(
        incoming.open(), encoding=contract.encoding, errors=errors, newline=newline
    )


def check_encoding(incoming: Incoming, contract: Contract) -> None:
    with incoming.open() as file:
        head = file.read(4)
    if not head:
        raise RefusedError("file is empty (0 bytes); ask for the extract again")
    wide = contract.encoding.startswith(WIDE)
    if not wide and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise RefusedError(
            f"begins with a UTF-16 mark but {contract.encoding} is declared; set "
            "meta.extract.encoding: utf-16"
        )


def without_mark(text: Iterator[str]) -> Iterator[str]:
    """Lines without the byte order mark that may stand before the first."""
    first = next(text, "")
    first = first.removeprefix("\ufeff")
    return itertools.chain([first] if first else [], text)


def header_of(record: Record | None, contract: Contract) -> tuple[str, ...]:
    if record is None:
        raise RefusedError("no header: only blank lines; ask for the extract again")
    if record.fault:
        raise RefusedError(f"header cannot be read: {record.fault}")
    return read_header(record.fields, contract)


def time_column(columns: tuple[str, ...], contract: Contract) -> int | None:
    """Which column states each row's time, if one does."""
    name = contract.extracted_at.column
    if name is None:
        return None
    if name not in columns:
        raise RefusedError(
            f"column {name!r} of extracted_at is missing (header: {listed(columns)}); "
            "mend the extract or the declaration"
        )
    return columns.index(name)


def time_fault(name: str | None, value: str | None) -> str:
    return (
        f"{name}: {(value or '')[:100]!r} is no time, so nobody knows when the row was "
        "extracted; write it as 2024-01-31 23:59:59"
    )


class Body:
    """Judges the records after the header, one by one."""

    def __init__(
        self,
        incoming: Incoming,
        contract: Contract,
        columns: tuple[str, ...],
        emit: Emit,
        rejects: RejectSink,
    ) -> None:
        self._incoming = incoming
        self._contract = contract
        self._columns = columns
        self._emit = emit
        self._rejects = rejects
        self._zone = ZoneInfo(contract.timezone)
        self._time_column = time_column(columns, contract)
        self._key = key_columns(columns, contract)
        self.physical = self._landed = 0
        self._newest: datetime | None = None
        self._clear()

    def _clear(self) -> None:
        self._fields: list[list[str]] = []
        self._numbers: list[int] = []
        self._lines: list[int] = []
        self._times: list[datetime | None] = []
        self._characters = 0

    def read(self, records: Iterator[Record]) -> Reading:
        for record in records:
            self.judge(record)
        return self.finish()

    def judge(self, record: Record) -> None:
        self.physical += 1
        at = self._time_of(record)
        if record.fault or at is None or self._is_keyless(record):
            self._reject(record, at)
        else:
            self._keep(record, at)

    def count(self, rows: ArrowRows) -> None:
        """Count rows that need no judgement; `physical` has them already."""
        self._landed += len(rows)
        self._newest = newest_of(rows, self._newest)

    def finish(self) -> Reading:
        self._flush()
        rejected = self.physical - self._landed
        newest = self._newest or self._incoming.extracted_at
        return Reading(self.physical, self._landed, rejected, newest)

    def _time_of(self, record: Record) -> datetime | None:
        if self._time_column is None or record.fault:
            return self._incoming.extracted_at
        text = record.fields[self._time_column]
        return read_instant(text, self._zone, day_ends=True)

    def _is_keyless(self, record: Record) -> bool:
        if not self._contract.key:
            return False
        return not any(record.fields[number].strip(" ") for number in self._key)

    def _reject(self, record: Record, at: datetime | None) -> None:
        fault = record.fault
        if not fault and at is None and self._time_column is not None:
            value = record.fields[self._time_column]
            fault = time_fault(self._contract.extracted_at.column, value)
        fault = fault or key_fault(self._contract)
        self._rejects.add(self._incoming, record.line, record.raw, fault)

    def _keep(self, record: Record, at: datetime) -> None:
        self._landed += 1
        self._fields.append(record.fields)
        self._numbers.append(self.physical)
        self._lines.append(record.line)
        self._times.append(at)
        self._characters += len(record.raw)
        if self._newest is None or at > self._newest:
            self._newest = at
        if len(self._fields) >= CHUNK_ROWS or self._characters > CHUNK_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        by_column = zip(*self._fields, strict=True)
        values = {
            name: [value or None for value in column]
            for name, column in zip(self._columns, by_column, strict=False)
        }
        self._emit(
            Rows(
                values or {name: [] for name in self._columns},
                self._numbers,
                self._lines,
                self._times,
                self._characters,
            )
        )
        self._clear()
