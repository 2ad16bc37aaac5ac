"""What is read of a generation for PostgreSQL: each table's shape, its rows as text.

Rows stream in the text format of COPY, rendered by DuckDB: no table is held in memory.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dagster_project.postgresql.connecting import PostgresError
from dagster_project.publishing import DATABASE, SCHEMA, Manifest

if TYPE_CHECKING:
    import duckdb

ROWS_AT_ONCE = 20_000
TYPES: Final = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "HUGEINT": "numeric",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "VARCHAR": "text",
}
# In the text format these part rows and columns; PostgreSQL has no character 0 at all.
_ESCAPED: Final = (
    ("'\\'", "'\\\\'"),
    ("chr(9)", "'\\t'"),
    ("chr(10)", "'\\n'"),
    ("chr(13)", "'\\r'"),
    ("chr(0)", "chr(65533)"),
)


@dataclass(frozen=True)
class Column:
    """A column, its type in PostgreSQL's words."""

    name: str
    kind: str
    is_required: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Contents:
    """A table of a generation: its shape and how many rows it has."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    comment: str = ""
    rows: int = 0

    @property
    def is_key_required(self) -> bool:
        required = {column.name for column in self.columns if column.is_required}
        return required.issuperset(self.key)


@contextmanager
def opened(folder: Path, memory_limit: str) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A generation's file, read-only."""
    import duckdb

    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        limit = memory_limit.replace("'", "''")
        connection.execute(f"set memory_limit = '{limit}'")
        yield connection


def read_contents(
    connection: "duckdb.DuckDBPyConnection", manifest: Manifest
) -> list[Contents]:
    """The shapes of all tables that the manifest names.

    Raises:
        PostgresError: a column's type has no counterpart.
    """
    columns = connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') "
        "from duckdb_columns() where schema_name = ? order by column_index",
        [SCHEMA],
    ).fetchall()
    told = connection.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() "
        "where schema_name = ?",
        [SCHEMA],
    ).fetchall()
    comments: dict[str, str] = dict(told)
    return [
        Contents(
            name,
            tuple(
                Column(row[1], _type(*row[:3]), row[1] in table.required, row[3])
                for row in columns
                if row[0] == name
            ),
            tuple(table.key),
            comments[name],
            table.rows,
        )
        for name, table in sorted(manifest.tables.items())
    ]


def read_lines(
    connection: "duckdb.DuckDBPyConnection", contents: Contents
) -> Iterator[str]:
    """A table's rows as COPY takes them, many at once."""
    fields = ", ".join(_field(column) for column in contents.columns)
    table = f"{SCHEMA}.{_name(contents.name)}"
    connection.execute(f"select concat_ws(chr(9), {fields}) || chr(10) from {table}")  # noqa: S608
    while rows := connection.fetchmany(ROWS_AT_ONCE):
        yield _joined(rows)


def escaped(text: str) -> str:
    """One value as COPY takes it."""
    for plain, told in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, told)
    return text


def _joined(rows: Sequence[tuple[str]]) -> str:
    return "".join(line for (line,) in rows)


def _type(table: str, column: str, kind: str) -> str:
    if kind.startswith("DECIMAL("):
        return kind.replace("DECIMAL", "numeric")
    if kind not in TYPES:
        raise PostgresError(
            f"column {table}.{column} is {kind}, for which PostgreSQL is told no type: "
            "give its mart's contract another data_type"
        )
    return TYPES[kind]


def _field(column: Column) -> str:
    text = f"cast({_name(column.name)} as varchar)"
    for plain, escaped in _ESCAPED if column.kind == "text" else ():
        text = f"replace({text}, {plain}, {escaped})"
    return f"coalesce({text}, '\\N')"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
