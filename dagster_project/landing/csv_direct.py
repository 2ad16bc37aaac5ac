"""Large plain CSV files to Parquet by DuckDB, with nothing left for it to guess."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import (
    check_encoding,
    header_of,
    open_text,
    time_column,
    without_mark,
)
from dagster_project.landing.csv_records import read_records
from dagster_project.landing.csv_survey import MAX_RECORD, Survey, survey
from dagster_project.landing.duck import (
    Duck,
    identifier,
    keyless_sql,
    literal,
    time_sql,
)
from dagster_project.landing.incoming import Incoming
from dagster_project.landing.names import key_columns
from dagster_project.landing.sinks import Reading

GIVEN_UP = (
    duckdb.ConversionException,
    duckdb.InterruptException,
    duckdb.InvalidInputException,
    duckdb.OutOfMemoryException,
)


def read_csv_directly(
    incoming: Incoming, contract: Contract, part: Path, duck: Duck
) -> Reading | None:
    """Write `part`; None where the file needs the careful reader (and no part is left).

    Raises:
        RefusedError: no usable header, or an encoding that is not the declared one.
    """
    if contract.encoding != "utf-8":
        return None
    header = _header(incoming, contract)
    if header is None or not _is_time_plain(contract):
        return None
    columns, newline = header
    reading = None
    with ThreadPoolExecutor(max_workers=1) as pool:
        surveyed = pool.submit(_survey, incoming, contract, len(columns), duck)
        try:
            duck.execute(_stage(incoming, contract, len(columns), newline, duck))
            duck.execute(_copy(incoming, contract, columns, part, duck))
        except GIVEN_UP:
            found = None
        else:
            found = surveyed.result()
    if found is not None and found.newline == newline:
        reading = _verified(part, found, contract, columns, incoming, duck)
    if reading is None:
        part.unlink(missing_ok=True)
    return reading


def _survey(
    incoming: Incoming, contract: Contract, width: int, duck: Duck
) -> Survey | None:
    """Counts while DuckDB copies, and stops it where the copy would be in vain."""
    with incoming.open() as file:
        found = survey(file, contract.delimiter, width)
    if found is None:
        duck.interrupt()
    return found


def _is_time_plain(contract: Contract) -> bool:
    """DuckDB and Python differ on wall clocks that happen twice; UTC has none."""
    return contract.extracted_at.column is None or contract.timezone == "UTC"


def _header(
    incoming: Incoming, contract: Contract
) -> tuple[tuple[str, ...], str] | None:
    """The columns and the line end, where the header is the first line and no more."""
    check_encoding(incoming, contract)
    with open_text(incoming, contract) as text:
        record = next(read_records(without_mark(text), contract.delimiter), None)
    columns = header_of(record, contract)
    time_column(columns, contract)
    if record is None or record.line != 1 or record.raw.count("\n") != 1:
        return None
    return columns, "\r\n" if record.raw.endswith("\r\n") else "\n"


def _stage(
    incoming: Incoming, contract: Contract, width: int, newline: str, duck: Duck
) -> str:
    """Rows as text, in file order, on all threads: row_number() would use one."""
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return f"""
        copy (
            from read_csv(
                {literal(str(duck.reachable(incoming.path)))},
                auto_detect = false, header = true, columns = {{{types}}},
                delim = {literal(contract.delimiter)}, quote = '"', escape = '"',
                new_line = {literal(newline.encode("unicode_escape").decode())},
                strict_mode = true, nullstr = '', allow_quoted_nulls = true,
                max_line_size = {2 * MAX_RECORD}
            )
        ) to {literal(str(duck.staged))}
        (format parquet, compression zstd, compression_level 1)
    """


def _copy(
    incoming: Incoming,
    contract: Contract,
    columns: tuple[str, ...],
    part: Path,
    duck: Duck,
) -> str:
    named = [f"c{i} as {identifier(name)}" for i, name in enumerate(columns)]
    lineage = [
        f"{literal(incoming.name)} as _source_file",
        "file_row_number + 1 as _source_row",
        "file_row_number + 2 as _source_line",
        f"{literal(incoming.sha256)} as _file_sha256",
        f"{_time(incoming, contract, columns)} as _extracted_at",
    ]
    return f"""
        copy (
            select {", ".join(named + lineage)}
            from read_parquet(
                {literal(str(duck.staged))},
                file_row_number = true,
                hive_partitioning = false
            )
        ) to {literal(str(part))}
        (format parquet, compression zstd, compression_level 1)
    """  # noqa: S608  every name and value is quoted by duck.py


def _time(incoming: Incoming, contract: Contract, columns: tuple[str, ...]) -> str:
    if incoming.extracted_at is not None:
        return f"timestamp {literal(incoming.extracted_at.isoformat(' '))}"
    return time_sql(f"c{time_column(columns, contract)}", contract.timezone)


def _verified(
    part: Path,
    found: Survey,
    contract: Contract,
    columns: tuple[str, ...],
    incoming: Incoming,
    duck: Duck,
) -> Reading | None:
    """None where a row has no time or no key: the careful reader says which."""
    landed = pq.read_metadata(part).num_rows
    if landed != found.records:
        return None
    newest = incoming.extracted_at
    if contract.extracted_at.column is not None and landed:
        undated = "count(*) - count(_extracted_at), max(_extracted_at)"
        [(faults, newest)] = _ask(undated, part, duck)
        if faults:
            return None
    if contract.key and landed:
        key = [identifier(columns[i]) for i in key_columns(columns, contract)]
        [(faults,)] = _ask(f"count(*) filter ({keyless_sql(key)})", part, duck)
        if faults:
            return None
    return Reading(found.records, landed, 0, newest)


def _ask(what: str, part: Path, duck: Duck) -> list[Any]:
    return duck.execute(f"select {what} from read_parquet({literal(str(part))})")  # noqa: S608
