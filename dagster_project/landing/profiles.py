"""Profiles of landed files: rows, nulls per declared column, keys met again.

Counted once per batch, when a run is frozen; what is missing is counted anew from the
lake. The gates compare each extract with those before it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from dagster_project.landing import lake
from dagster_project.landing.contract import Contract
from dagster_project.landing.duck import identifier
from dagster_project.paths import Paths

# The row of a file as a whole has no column's name.
WHOLE = ""
PROFILES = pa.schema(
    [
        ("source_code", pa.string()),
        ("table_name", pa.string()),
        ("file_name", pa.string()),
        ("batch_id", pa.string()),
        ("column_name", pa.string()),
        ("rows_count", pa.int64()),
        ("null_count", pa.int64()),
        ("repeated_count", pa.int64()),
    ]
)


def profile_files(
    contracts: Sequence[Contract], paths: Paths, memory_limit: str
) -> None:
    """Profile every batch that has no profile yet."""
    declared = paths.profiles / "declared.parquet"
    if not declared.is_file():
        lake.write_rows(declared, [], PROFILES)
    with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
        for contract in contracts:
            for folder, target in _unprofiled(contract, paths):
                rows = _profile(connection, contract, folder)
                lake.write_rows(target, rows, PROFILES)


def _unprofiled(contract: Contract, paths: Paths) -> Iterator[tuple[Path, Path]]:
    """Folders of batches without a profile, and where it belongs."""
    table = paths.raw_table(contract.source_code, contract.table_name)
    for folder in sorted(table.glob("_batch_id=n*")):
        batch_id = folder.name.removeprefix("_batch_id=")
        target = paths.profiles / lake.name_of(batch_id, contract)
        if not target.is_file():
            yield folder, target


def _profile(
    connection: duckdb.DuckDBPyConnection, contract: Contract, folder: Path
) -> Iterator[dict[str, Any]]:
    """The rows of one batch's profile, a file after the other."""
    place = (contract.source_code, contract.table_name)
    batch_id = folder.name.removeprefix("_batch_id=")
    names = [column.name for column in contract.columns]
    counted = _counted(connection, contract, folder, names)
    for file, rows, repeated, *nulls in counted:
        counts = [(WHOLE, 0, repeated)]
        counts += [(n, null, 0) for n, null in zip(names, nulls, strict=True)]
        for name, null, again in counts:
            values = (*place, file, batch_id, name, rows, null, again)
            yield dict(zip(PROFILES.names, values, strict=True))


def _counted(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    folder: Path,
    names: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Per file its rows, keys met again, and nulls by column; empty text is one."""
    declared = folder.with_name(f"_batch_id={lake.DECLARED}") / "declared.parquet"
    files = [declared, *sorted(folder.glob("*.parquet"))]
    nulls = [f"count(*) filter (coalesce({_text(name)}, '') = '')" for name in names]
    counts = ["count(*)", _repeated(contract, names), *nulls]
    query = (
        f"select _source_file, {', '.join(counts)} from read_parquet(?, "  # noqa: S608
        "union_by_name = true, hive_partitioning = false) group by 1 order by 1"
    )
    return connection.execute(query, [[str(file) for file in files]]).fetchall()


def _repeated(contract: Contract, names: Sequence[str]) -> str:
    keys = [_text(name) for name in contract.key if name in names]
    return f"count(*) - count(distinct hash({', '.join(keys)}))" if keys else "0"


def _text(name: str) -> str:
    return f"cast({identifier(name)} as varchar)"
