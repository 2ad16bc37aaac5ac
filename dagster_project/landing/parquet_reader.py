"""Parquet files to rows of text, by DuckDB; types that drift over files do no harm."""

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import time_column, time_fault
from dagster_project.landing.duck import (
    Duck,
    identifier,
    keyless_sql,
    literal,
    time_sql,
)
from dagster_project.landing.incoming import Incoming, RefusedError
from dagster_project.landing.names import key_columns, key_fault, read_header
from dagster_project.landing.sinks import Reading, RejectSink

NESTED = ("STRUCT", "MAP", "UNION", "LIST")


def read_parquet(
    incoming: Incoming, contract: Contract, part: Path, duck: Duck, rejects: RejectSink
) -> Reading:
    """Write `part`; rows whose time cannot be read go to `rejects`.

    Raises:
        RefusedError: a file that is no whole Parquet file, or has columns amiss.
    """
    physical, header = _counted(incoming)
    columns = read_header(header, contract)
    try:
        source = _rows_of_text(incoming, header, duck)
        at = _time(incoming, contract, columns)
        keyless = _keyless(columns, contract)
        duck.execute(_copy(incoming, columns, source, at, keyless, part))
        _reject(incoming, contract, columns, source, at, keyless, duck, rejects)
        landed = pq.read_metadata(part).num_rows
        newest = _newest(incoming, landed, part, duck)
    except duckdb.Error as error:
        part.unlink(missing_ok=True)
        raise _broken(error) from error
    return Reading(physical, landed, physical - landed, newest)


def _broken(error: Exception) -> RefusedError:
    first = (str(error).splitlines() or [""])[0]
    return RefusedError(f"not a whole Parquet file ({first}); copy the file again")


def _counted(incoming: Incoming) -> tuple[int, list[str]]:
    """Rows and columns, by another reader than the one that lands.

    Every page is read, and its checksum compared where it has one: DuckDB does not.
    """
    try:
        with (
            incoming.open() as file,
            pq.ParquetFile(file, page_checksum_verification=True) as parquet,
        ):
            rows = sum(batch.num_rows for batch in parquet.iter_batches())
            return rows, list(parquet.schema_arrow.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError, ValueError) as error:
        raise _broken(error) from error


def _rows_of_text(incoming: Incoming, header: list[str], duck: Duck) -> str:
    """A query of c0, c1, … as text and the row's number, in file order."""
    path = literal(str(duck.reachable(incoming.path)))
    source = f"read_parquet({path}, hive_partitioning = false)"
    types = [row[1] for row in duck.execute(f"describe from {source}")]
    named = [
        f"{_text(identifier(name), kind)} as c{i}"
        for i, (name, kind) in enumerate(zip(header, types, strict=True))
    ]
    return (
        f"select {', '.join(named)}, row_number() over () as n "  # noqa: S608
        f"from {source}"
    )


def _text(column: str, kind: str) -> str:
    if kind.startswith(NESTED) or kind.endswith("]"):
        return f"cast(to_json({column}) as varchar)"
    return f"cast({column} as varchar)"


def _time(incoming: Incoming, contract: Contract, columns: tuple[str, ...]) -> str:
    if incoming.extracted_at is not None:
        return f"timestamp {literal(incoming.extracted_at.isoformat(' '))}"
    return time_sql(f"c{time_column(columns, contract)}", contract.timezone)


def _keyless(columns: tuple[str, ...], contract: Contract) -> str:
    if not contract.key:
        return "false"
    return keyless_sql([f"c{number}" for number in key_columns(columns, contract)])


def _copy(
    incoming: Incoming,
    columns: tuple[str, ...],
    source: str,
    at: str,
    keyless: str,
    part: Path,
) -> str:
    named = [f"c{i} as {identifier(name)}" for i, name in enumerate(columns)]
    return f"""
        copy (
            select
                {", ".join(named)},
                {literal(incoming.name)} as _source_file,
                n as _source_row,
                null::bigint as _source_line,
                {literal(incoming.sha256)} as _file_sha256,
                {at} as _extracted_at
            from ({source})
            where {at} is not null and not {keyless}
        ) to {literal(str(part))}
        (format parquet, compression zstd, compression_level 1)
    """  # noqa: S608  every name and value is quoted by duck.py


def _reject(
    incoming: Incoming,
    contract: Contract,
    columns: tuple[str, ...],
    source: str,
    at: str,
    keyless: str,
    duck: Duck,
    rejects: RejectSink,
) -> None:
    """Rows without a time or a key; a row of Parquet has a number, but no line."""
    stated = time_column(columns, contract)
    if stated is None and not contract.key:
        return
    packed = ", ".join(f"{identifier(c)} := c{i}" for i, c in enumerate(columns))
    time = "null" if stated is None else f"c{stated}"
    for number, value, is_dated, raw in duck.execute(
        f"select n, {time}, {at} is not null, "  # noqa: S608
        f"cast(to_json(struct_pack({packed})) as varchar) "
        f"from ({source}) where {at} is null or {keyless} order by n"
    ):
        fault = time_fault(contract.extracted_at.column, value)
        if is_dated:
            fault = key_fault(contract)
        rejects.add(incoming, number, raw, fault)


def _newest(incoming: Incoming, landed: int, part: Path, duck: Duck) -> datetime | None:
    if incoming.extracted_at is not None or not landed:
        return incoming.extracted_at
    newest: datetime | None
    [(newest,)] = duck.execute(
        f"select max(_extracted_at) from read_parquet({literal(str(part))})"  # noqa: S608
    )
    return newest
