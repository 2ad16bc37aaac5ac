"""A DuckDB connection for one landing, and safe quoting; holds no table."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def keyless_sql(columns: Sequence[str]) -> str:
    """True of a row whose key columns are all empty; no column is an empty key."""
    filled = [f"trim({column}, ' ') <> ''" for column in columns]
    return f"not coalesce({' or '.join(filled) or 'false'}, false)"


def time_sql(column: str, zone: str) -> str:
    """Text to naive UTC, null where it is not plainly a time; `times.py` reads more."""
    day = r"\d{4}-\d{2}-\d{2}"
    # to DuckDB 24:00:00 is the next day, to us it is none
    moment = day + r"[ T]([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,6})?"
    offset = r"(Z|\+00|[+-]\d{2}:\d{2})"
    return f"""case
        when regexp_full_match({column}, '{day}')
            then {_utc(f"try_cast({column} || ' 23:59:59' as timestamp)", zone)}
        when regexp_full_match({column}, '{moment}')
            then {_utc(f"try_cast({column} as timestamp)", zone)}
        when regexp_full_match({column}, '{moment}{offset}')
            then try_cast({column} as timestamptz) at time zone 'UTC'
    end"""


def _utc(clock: str, zone: str) -> str:
    """Of a time that comes twice the first, as `times.py` has it; DuckDB the second."""
    if zone == "UTC":
        return clock
    place = literal(zone)
    earlier = f"({clock} - interval 3 hour)"
    before = f"{earlier} at time zone {place} at time zone 'UTC' + interval 3 hour"
    return (
        f"case when ({before}) at time zone 'UTC' at time zone {place} = {clock} "
        f"then {before} else {clock} at time zone {place} at time zone 'UTC' end"
    )


class Duck:
    """Opened at first use: tables of small files never need it."""

    def __init__(self, scratch: Path, memory_limit: str, threads: int) -> None:
        self._scratch = scratch
        self._settings: dict[str, Any] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(scratch / "spill"),
            "TimeZone": "UTC",
        }
        self._lock = Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def execute(self, statement: str) -> list[Any]:
        return self._connect().execute(statement).fetchall()

    def ask(self, query: str, *columns: pa.Array) -> pa.Table:
        """Query columns `value`, `value1`, … of a table `given`; on any thread."""
        names = ["value", *(f"value{n}" for n in range(1, len(columns)))]
        with self._connect().cursor() as cursor:
            cursor.register("given", pa.table(list(columns), names))
            return cursor.execute(query).to_arrow_table()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._connection is None:
                self._connection = duckdb.connect()
                for name, value in self._settings.items():
                    self._connection.execute(f"set {name} = {literal(str(value))}")
            return self._connection

    def reachable(self, path: Path) -> Path:
        """The file under a name DuckDB cannot take for a glob."""
        link = self._scratch / "input"
        link.unlink(missing_ok=True)
        link.symlink_to(path.absolute())
        return link

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
