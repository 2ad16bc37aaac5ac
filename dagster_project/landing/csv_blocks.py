"""CSV files to rows, block by block: plain lines at once, the others with care."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.csv as arrow_csv  # type: ignore[import-untyped]

from dagster_project.landing.blocks import (
    Block,
    Crew,
    Positions,
    cut,
    join_runs,
    mark_of,
    size_for,
)
from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import (
    Body,
    header_of,
    open_text,
    read_csv,
    time_column,
    without_mark,
)
from dagster_project.landing.csv_records import Lines, read_records
from dagster_project.landing.csv_survey import Survey, survey
from dagster_project.landing.duck import Duck
from dagster_project.landing.incoming import Incoming, RefusedError
from dagster_project.landing.names import key_columns
from dagster_project.landing.plain_values import have_key, one_time, only, times_of
from dagster_project.landing.sinks import (
    ArrowRows,
    LandingError,
    Reading,
    RejectSink,
    Rows,
)


def read_csv_in_blocks(
    incoming: Incoming,
    contract: Contract,
    emit: Callable[[Rows | ArrowRows], None],
    rejects: RejectSink,
    duck: Duck,
    crew: Crew,
) -> Reading:
    """Emit every good row; give every bad record to `rejects`, as `read_csv` does.

    Raises:
        RefusedError: no usable header, or an encoding that is not the declared one.
    """
    if contract.encoding != "utf-8" or not contract.delimiter.isascii():
        return read_csv(incoming, contract, emit, rejects)
    with incoming.open() as file, open_text(incoming, contract) as text:
        lines = Lines(without_mark(text), position=mark_of(file))
        header = next(read_records(lines, contract.delimiter), None)
        columns = header_of(header, contract)
        body = Body(incoming, contract, columns, emit, rejects)
        parser = _Parser(columns, contract, incoming.extracted_at, duck)
        place = _Place(text, contract, len(columns), body, lines)
        blocks = cut(file, lines.position, size_for(incoming.size, crew.threads))
        with crew.read_ahead(incoming.sha256, blocks, parser.read) as parsed:
            for block, found in parsed:
                rows = place.land(block, found, columns)
                body.count(rows)
                emit(rows)
    return body.finish()


@dataclass(frozen=True)
class _Parsed:
    """A block's lines, and the values of those that are plain, in their order."""

    survey: Survey
    values: list[pa.Array]
    times: pa.Array


@dataclass(frozen=True)
class _Parser:
    """Reads a block by itself; knows nothing of what stands before it."""

    columns: tuple[str, ...]
    contract: Contract
    extracted_at: datetime | None
    duck: Duck

    def read(self, block: Block) -> _Parsed:
        found = survey(block, self.contract.delimiter, len(self.columns))
        plain = join_runs(block.data, found.starts, found.stops, found.plain)
        count = int(found.plain.sum())
        values = self._values(plain, count)
        times = self._times(values, count)
        good = pc.and_(times.is_valid(), self._have_key(values, count))
        found.plain[found.plain] = good.to_numpy(zero_copy_only=False)
        return _Parsed(found, [only(v, good) for v in values], only(times, good))

    def _values(self, plain: bytes, count: int) -> list[pa.Array]:
        names = [f"c{number}" for number, _ in enumerate(self.columns)]
        if not count:
            return [pa.array([], pa.string()) for _ in names]
        table = arrow_csv.read_csv(
            pa.BufferReader(plain),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(plain) + 1, column_names=names
            ),
            arrow_csv.ParseOptions(delimiter=self.contract.delimiter),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        if table.num_rows != count:
            raise LandingError(
                f"{count} plain lines of CSV were read as {table.num_rows} rows; "
                "please report this"
            )
        return [column.combine_chunks() for column in table.columns]

    def _times(self, values: list[pa.Array], count: int) -> pa.Array:
        place = time_column(self.columns, self.contract)
        if place is None:
            return one_time(self.extracted_at, count)
        return times_of(values[place], self.contract.timezone, self.duck)

    def _have_key(self, values: list[pa.Array], count: int) -> pa.Array:
        if not self.contract.key:
            return pa.repeat(True, count)
        places = key_columns(self.columns, self.contract)
        return have_key([values[place] for place in places], count)


class _Place:
    """Where reading stands: a record begins at `position`, on the line `number`."""

    def __init__(
        self, text: IO[str], contract: Contract, width: int, body: Body, lines: Lines
    ) -> None:
        self._text = text
        self._delimiter = contract.delimiter
        self._width = width
        self._body = body
        self._position = lines.position
        self._number = lines.number

    def land(
        self, block: Block, parsed: _Parsed, columns: tuple[str, ...]
    ) -> ArrowRows:
        """The rows of the block's plain lines; the others are read with care."""
        plain = parsed.survey.plain
        rows, lines = np.zeros((2, len(plain)), dtype=np.int64)
        runs = _Runs(block, parsed.survey)
        while self._position < block.stop:
            first, stop = runs.at(self._position)
            if first == stop:
                self._read_with_care(block, runs)
                continue
            rows[first:stop] = self._body.physical + np.cumsum(plain[first:stop])
            lines[first:stop] = self._number + np.arange(stop - first)
            self._body.physical += int(plain[first:stop].sum())
            self._number += stop - first
            self._position = runs.end_of(stop)
        return _rows(parsed, columns, rows[plain], lines[plain])

    def _read_with_care(self, block: Block, runs: "_Runs") -> None:
        begun = self._position
        self._text.seek(begun)
        lines = Lines(self._text, self._number, begun)
        for record in read_records(lines, self._delimiter, self._width):
            self._body.judge(record)
            if lines.position >= block.stop or runs.is_run(lines.position):
                break
        self._position, self._number = lines.position, lines.number
        if self._position == begun:
            raise RefusedError("changed while it was read; it is tried again")


def _rows(
    parsed: _Parsed, columns: tuple[str, ...], rows: Positions, lines: Positions
) -> ArrowRows:
    """Plain lines as rows; those without a number stand inside another record."""
    taken = pa.array(rows > 0)
    values = (only(each, taken) for each in parsed.values)
    return ArrowRows(
        dict(zip(columns, values, strict=True)),
        only(pa.array(rows), taken),
        only(pa.array(lines), taken),
        only(parsed.times, taken),
    )


class _Runs:
    """Runs of lines that are plain or blank, by their position in the file."""

    def __init__(self, block: Block, found: Survey) -> None:
        self._borders = np.append(found.starts, len(block.data)) + block.start
        self._odd = np.flatnonzero(~(found.plain | found.blank))
        self._count = len(found.starts)

    def at(self, position: int) -> tuple[int, int]:
        """First line and end of the run that begins there; alike where none does."""
        first = int(np.searchsorted(self._borders, position))
        if first >= self._count or self._borders[first] != position:
            return first, first
        place = np.searchsorted(self._odd, first)
        stop = int(self._odd[place]) if place < len(self._odd) else self._count
        return first, stop

    def is_run(self, position: int) -> bool:
        first, stop = self.at(position)
        return first < stop

    def end_of(self, stop: int) -> int:
        return int(self._borders[stop])
