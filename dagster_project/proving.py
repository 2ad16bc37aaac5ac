"""Searches everything below a folder for an address, in any format we write.

Reads by other means than what erases: every file's bytes, and what packing, columns
and pages hide in them.
"""

import gzip
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dagster_project.addresses import normalised, pattern_of

BLOCK = 4 * 1024 * 1024
OVERLAP = 8192
PACKED = (".gz", ".zst")
SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Trace:
    """A file that holds the address, and where in it, as far as can be told."""

    path: Path
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(self.places[:10])
        more = f" and {len(self.places) - 10} more" if len(self.places) > 10 else ""
        return f"{self.path}{f' ({shown}{more})' if shown else ''}"


@dataclass
class Proof:
    """What was searched, by kind of file, what was found, what could not be read."""

    searched: dict[str, int] = field(default_factory=dict)
    found: list[Trace] = field(default_factory=list)
    unread: list[Trace] = field(default_factory=list)

    def add(self, kind: str, trace: Trace | None) -> None:
        self.searched[kind] = self.searched.get(kind, 0) + 1
        if trace is not None:
            self.found.append(trace)


class Needle:
    """The address in any writing; its domain has but one, and is looked for first."""

    def __init__(self, address: str) -> None:
        self.domain = normalised(address).partition("@")[2]
        self._pattern = pattern_of(normalised(address))

    def is_in(self, text: str) -> bool:
        return self.domain in text.lower() and self._pattern.search(text) is not None

    def places_in(self, text: str) -> Iterator[int]:
        if self.domain in text.lower():
            yield from (found.start() for found in self._pattern.finditer(text))


def search(folder: Path, address: str, leave_out: Path | None = None) -> Proof:
    """Search every file below a folder."""
    needle, proof = Needle(address), Proof()
    for path in sorted(folder.rglob("*")):
        left_out = leave_out is not None and path.is_relative_to(leave_out)
        if path.is_file() and not path.is_symlink() and not left_out:
            try:
                kind = _kind(path)
                proof.add(kind, _trace(path, kind, needle))
            except Exception as error:  # each kind has errors of its own; none is a no
                proof.unread.append(Trace(path, (str(error) or "cannot be read",)))
    return proof


def _trace(path: Path, kind: str, needle: Needle) -> Trace | None:
    places = ["its name"] if needle.is_in(path.name) else []
    places += dict.fromkeys(_KINDS[kind](path, needle))
    if not places and _is_in_bytes(path, needle):
        places = ["its bytes"]
    return Trace(path, tuple(places)) if places else None


def _kind(path: Path) -> str:
    if path.suffix in PACKED:
        return "packed"
    if path.suffix in (".parquet", ".duckdb"):
        return path.suffix[1:]
    with path.open("rb") as file:
        return "sqlite" if file.read(len(SQLITE)) == SQLITE else "text"


def _parquet(path: Path, needle: Needle) -> Iterator[str]:
    """Columns that hold it, decoded whatever their encoding and compression."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                if pa.types.is_string(column.type):
                    told = pc.match_substring(column, needle.domain, ignore_case=True)
                    column = column.filter(told)
                if any(needle.is_in(str(value)) for value in _nested(column)):
                    yield f"column {name}"


def _nested(column: Any) -> Iterable[Any]:
    """Values that may hold text: numbers and times hold none."""
    import pyarrow as pa

    is_text = pa.types.is_string(column.type) or not pa.types.is_primitive(column.type)
    return column.to_pylist() if is_text else ()


def _duckdb(path: Path, needle: Needle) -> Iterator[str]:
    """Columns of tables that hold it."""
    import duckdb

    query = """
        select schema_name, table_name, column_name from duckdb_columns()
        where not internal and data_type not in ('BIGINT', 'DOUBLE', 'BOOLEAN')
    """
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = set(
            connection.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall()
        )
        for schema, table, column in connection.execute(query).fetchall():
            if (schema, table) in tables:
                rows = connection.execute(
                    f'select "{column}"::varchar from "{schema}"."{table}" '  # noqa: S608
                    f'where contains(lower("{column}"::varchar), ?)',
                    [needle.domain],
                )
                if any(needle.is_in(value) for (value,) in rows.fetchall()):
                    yield f"column {schema}.{table}.{column}"


def _sqlite(path: Path, needle: Needle) -> Iterator[str]:
    """Tables that hold it, also in values that lie over several pages."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        query = "select name from sqlite_master where type = 'table'"
        for (table,) in connection.execute(query).fetchall():
            rows = connection.execute(f'select * from "{table}"')  # noqa: S608
            if any(needle.is_in(str(row)) for row in rows):
                yield f"table {table}"


def _packed(path: Path, needle: Needle) -> Iterator[str]:
    with _unpacked(path) as stream:
        lines = list(_lines(stream, needle))
    yield from lines
    if not lines:
        with _unpacked(path) as stream:
            if _is_in_stream(stream, needle):
                yield "its unpacked bytes"


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as stream:
            yield stream
    else:
        import pyarrow as pa

        with pa.input_stream(str(path), compression="zstd") as stream:
            yield stream


def _text(path: Path, needle: Needle) -> Iterator[str]:
    with path.open("rb") as file:
        yield from _lines(file, needle)


def _lines(stream: IO[bytes] | gzip.GzipFile, needle: Needle) -> Iterator[str]:
    """Numbers of the lines that hold it."""
    line, held = 1, b""
    while block := stream.read(BLOCK):
        whole, newline, held = (held + block).rpartition(b"\n")
        yield from _numbers(whole, line, needle)
        line += whole.count(b"\n") + len(newline)
        if len(held) > BLOCK:  # an endless line is looked at in pieces that overlap
            yield from _numbers(held, line, needle)
            held = held[-OVERLAP:]
    yield from _numbers(held, line, needle)


def _numbers(raw: bytes, first: int, needle: Needle) -> Iterator[str]:
    text = raw.decode("utf-8", "replace")
    for place in needle.places_in(text):
        yield f"line {first + text.count(chr(10), 0, place)}"


def _is_in_bytes(path: Path, needle: Needle) -> bool:
    with path.open("rb") as file:
        return _is_in_stream(file, needle)


def _is_in_stream(stream: IO[bytes] | gzip.GzipFile, needle: Needle) -> bool:
    """Whether the bytes hold it as they are, in one or two bytes a character."""
    held = b""
    while block := stream.read(BLOCK):
        held += block
        for raw in (held, held.replace(b"\0", b"")):
            if needle.is_in(raw.decode("utf-8", "replace")):
                return True
        held = held[-OVERLAP:]
    return False


_KINDS = {
    "parquet": _parquet,
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "packed": _packed,
    "text": _text,
}
