"""Large plain CSV files to Parquet by DuckDB, with nothing left for it to guess."""

from pathlib import Path

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
from dagster_project.landing.csv_survey import Survey, survey
from dagster_project.landing.duck import Duck, identifier, literal, time_sql
from dagster_project.landing.incoming import Incoming
from dagster_project.landing.sinks import Reading


def read_csv_directly(
    incoming: Incoming, contract: Contract, part: Path, duck: Duck
) -> Reading | None:
    """Write `part`; None where the file needs the careful reader (and no part is left).

    Raises:
        RefusedError: no usable header, or an encoding that is not the declared one.
    """
    if contract.encoding != "utf-8":
        return None
    columns = _header(incoming, contract)
    if columns is None or not _is_time_plain(contract):
        return None
    with incoming.open() as file:
        found = survey(file, contract.delimiter, len(columns))
    if found is None:
        return None
    statement = _copy(incoming, contract, columns, found, part, duck)
    try:
        duck.execute(statement)
        reading = _verified(part, found, contract, incoming, duck)
    except (duckdb.InvalidInputException, duckdb.OutOfMemoryException):
        reading = None
    if reading is None:
        part.unlink(missing_ok=True)
    return reading


def _is_time_plain(contract: Contract) -> bool:
    """DuckDB and Python differ on wall clocks that happen twice; UTC has none."""
    return contract.extracted_at.column is None or contract.timezone == "UTC"


def _header(incoming: Incoming, contract: Contract) -> tuple[str, ...] | None:
    """The columns where the header is the first physical line and nothing else."""
    check_encoding(incoming, contract)
    with open_text(incoming, contract) as text:
        record = next(read_records(without_mark(text), contract.delimiter), None)
    columns = header_of(record, contract)
    time_column(columns, contract)
    if record is None or record.line != 1 or record.raw.count("\n") != 1:
        return None
    return columns


def _copy(
    incoming: Incoming,
    contract: Contract,
    columns: tuple[str, ...],
    found: Survey,
    part: Path,
    duck: Duck,
) -> str:
    named = [f"c{i} as {identifier(name)}" for i, name in enumerate(columns)]
    lineage = [
        f"{literal(incoming.name)} as _source_file",
        "row_number() over () as _source_row",
        "row_number() over () + 1 as _source_line",
        f"{literal(incoming.sha256)} as _file_sha256",
        f"{_time(incoming, contract, columns)} as _extracted_at",
    ]
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(columns)))
    return f"""
        copy (
            select {", ".join(named + lineage)}
            from read_csv(
                {literal(str(duck.reachable(incoming.path)))},
                auto_detect = false, header = true, columns = {{{types}}},
                delim = {literal(contract.delimiter)}, quote = '"', escape = '"',
                new_line = {literal(found.newline.encode("unicode_escape").decode())},
                strict_mode = true, nullstr = '', allow_quoted_nulls = true,
                max_line_size = {max(found.longest * 2, 2_097_152)}
            )
        ) to {literal(str(part))}
        (format parquet, compression zstd, compression_level 1)
    """  # noqa: S608  every name and value is quoted by duck.py


def _time(incoming: Incoming, contract: Contract, columns: tuple[str, ...]) -> str:
    if incoming.extracted_at is not None:
        return f"timestamp {literal(incoming.extracted_at.isoformat(' '))}"
    return time_sql(f"c{time_column(columns, contract)}", contract.timezone)


def _verified(
    part: Path, found: Survey, contract: Contract, incoming: Incoming, duck: Duck
) -> Reading | None:
    landed = pq.read_metadata(part).num_rows
    newest = incoming.extracted_at
    if contract.extracted_at.column is not None and landed:
        [(undated, newest)] = duck.execute(
            "select count(*) - count(_extracted_at), max(_extracted_at) "  # noqa: S608
            f"from read_parquet({literal(str(part))})"
        )
        if undated:
            return None
    if landed != found.records:
        return None
    return Reading(found.records, landed, 0, newest)
