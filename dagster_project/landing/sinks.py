"""Writes rows and rejects to temporary Parquet files; decides nothing about them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing.incoming import Incoming

MAX_RAW_TEXT = 64 * 1024
MAX_HELD = 16 * 1024 * 1024
# Numbers that only grow; a dictionary of them would be as long as they are.
GROWING = ("_source_row", "_source_line")
LINEAGE = pa.schema(
    [
        ("_source_file", pa.string()),
        ("_source_row", pa.int64()),
        ("_source_line", pa.int64()),
        ("_file_sha256", pa.string()),
        ("_extracted_at", pa.timestamp("us")),
    ]
)
REJECTS = pa.schema(
    [
        ("source_code", pa.string()),
        ("table_name", pa.string()),
        ("file_name", pa.string()),
        ("file_sha256", pa.string()),
        ("batch_id", pa.string()),
        ("line_number", pa.int64()),
        ("raw_text", pa.string()),
        ("reason", pa.string()),
    ]
)


class LandingError(RuntimeError):
    """Rows that cannot be accounted for, or a lake in a state it must not have."""


@dataclass(frozen=True)
class Rows:
    """Consecutive rows of one file, by column."""

    values: Mapping[str, Sequence[str | None]]
    numbers: Sequence[int]
    lines: Sequence[int | None]
    times: Sequence[datetime | None]
    characters: int

    def as_arrow(self) -> "ArrowRows":
        return ArrowRows(
            {name: pa.array(each, pa.string()) for name, each in self.values.items()},
            pa.array(self.numbers, pa.int64()),
            pa.array(self.lines, pa.int64()),
            pa.array(self.times, LINEAGE.field("_extracted_at").type),
        )


@dataclass(frozen=True)
class ArrowRows:
    """Rows of one file, by column, in the memory of Arrow."""

    values: Mapping[str, pa.Array]
    numbers: pa.Array
    lines: pa.Array
    times: pa.Array

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def size(self) -> int:
        columns = (*self.values.values(), self.numbers, self.lines, self.times)
        return sum(column.nbytes for column in columns)


def newest_of(rows: ArrowRows, known: datetime | None) -> datetime | None:
    newest: datetime | None = pc.max(rows.times).as_py()
    return max(filter(None, (newest, known)), default=None)


@dataclass(frozen=True)
class Reading:
    """What a reader made of one file."""

    physical: int
    landed: int
    rejected: int
    extracted_at: datetime | None


class RowSink:
    """Gathers rows of many files into few Parquet parts with temporary names."""

    def __init__(self, folder: Path, numbers: Iterator[int]) -> None:
        self.parts: list[Path] = []
        self.folder = folder
        self._numbers = numbers
        self._held: list[tuple[Incoming, ArrowRows]] = []
        self._size = 0
        self._writer: pq.ParquetWriter | None = None

    def new_part(self) -> Path:
        """A temporary path in the folder, to be written by the caller."""
        part = self.folder / f".{self.reserve():06d}.parquet.tmp"
        self.parts.append(part)
        return part

    def reserve(self) -> int:
        """A number that no other part of this landing has."""
        return next(self._numbers)

    def add(self, incoming: Incoming, rows: Rows | ArrowRows) -> None:
        held = rows.as_arrow() if isinstance(rows, Rows) else rows
        if len(held):
            self._held.append((incoming, held))
            self._size += held.size
        if self._size > MAX_HELD:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._close_writer()

    def discard(self) -> None:
        self._held.clear()
        self._close_writer()
        for part in self.parts:
            part.unlink(missing_ok=True)
        self.parts.clear()

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _flush(self) -> None:
        if not self._held:
            return
        table = _table(self._held)
        self._held.clear()
        self._size = 0
        if self._writer is not None and self._writer.schema != table.schema:
            self._close_writer()
        if self._writer is None:
            self._writer = _open_rows(self.new_part(), table.schema)
        self._writer.write_table(table)


def open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)


def _open_rows(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of rows; readers find texts, not the dictionaries we hold them in."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in schema.names if name not in GROWING],
        column_encoding=dict.fromkeys(GROWING, "DELTA_BINARY_PACKED"),
        store_schema=False,
    )


def _table(held: Sequence[tuple[Incoming, ArrowRows]]) -> pa.Table:
    names = dict.fromkeys(name for _, rows in held for name in rows.values)
    columns = {name: _column(name, held) for name in names}
    counts = [len(rows) for _, rows in held]
    lineage = (
        _repeated([incoming.name for incoming, _ in held], counts),
        pa.chunked_array([rows.numbers for _, rows in held]),
        pa.chunked_array([rows.lines for _, rows in held]),
        _repeated([incoming.sha256 for incoming, _ in held], counts),
        pa.chunked_array([rows.times for _, rows in held]),
    )
    return pa.table(columns | dict(zip(LINEAGE.names, lineage, strict=True)))


def _repeated(values: Sequence[str], counts: Sequence[int]) -> pa.Array:
    """Each value as often as it counts, without writing it as often."""
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    indices = np.repeat([places[value] for value in values], counts).astype(np.int32)
    return pa.DictionaryArray.from_arrays(indices, pa.array(places, pa.string()))


def _column(name: str, held: Sequence[tuple[Incoming, ArrowRows]]) -> pa.ChunkedArray:
    gathered = []
    for _, rows in held:
        values = rows.values.get(name)
        gathered.append(pa.nulls(len(rows), pa.string()) if values is None else values)
    return pa.chunked_array(gathered, pa.string())


def count_by_file(parts: Sequence[Path], column: str = "_source_file") -> Counter[str]:
    """Rows per source file, counted in the Parquet files themselves."""
    counted: Counter[str] = Counter()
    for part in parts:
        with pq.ParquetFile(part, read_dictionary=[column]) as file:
            for batch in file.iter_batches(columns=[column]):
                for found in batch.column(0).value_counts().to_pylist():
                    counted[found["values"]] += found["counts"]
    return counted


class RejectSink:
    """Writes rejected records with line and reason, as they are found."""

    def __init__(self, path: Path, source: str, table: str, batch_id: str) -> None:
        self._path = path
        self._place = (source, table, batch_id)
        self._held: list[tuple[str, str, int | None, str, str]] = []
        self._characters = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, incoming: Incoming, line: int | None, raw: str, reason: str) -> None:
        text = shown(raw[:MAX_RAW_TEXT])
        self._held.append((incoming.name, incoming.sha256, line, text, reason))
        self._characters += len(text) + 200
        if self._characters > MAX_HELD // 2:
            self._flush()

    def close(self) -> bool:
        """Whether anything was rejected."""
        self._flush()
        if self._writer is None:
            return False
        self._writer.close()
        return True

    def _flush(self) -> None:
        if not self._held:
            return
        names, hashes, lines, texts, reasons = zip(*self._held, strict=True)
        source, table, batch_id = ([part] * len(names) for part in self._place)
        columns = [source, table, names, hashes, batch_id, lines, texts, reasons]
        self._held.clear()
        self._characters = 0
        if self._writer is None:
            self._writer = open_writer(self._path, REJECTS)
        self._writer.write_table(
            pa.table(dict(zip(REJECTS.names, columns, strict=True)), REJECTS)
        )


def shown(text: str) -> str:
    """Text that every reader can hold: bad bytes and NULs are shown as escapes."""
    raw = text.rstrip("\r\n").encode("utf-8", errors="surrogateescape")
    return raw.decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")
