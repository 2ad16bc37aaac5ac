"""What a published generation leaves to those that come after, to tell what moved.

The models write it (`dbt/models/records`) and read it again; here it is carried from
the warehouse into the generation, and from there into `lake/_records`.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.ingredients import code_fingerprint
from dagster_project.paths import Paths
from dagster_project.recording import write_record
from dagster_project.settings import Settings
from dagster_project.syncing import replace_whole

if TYPE_CHECKING:
    import duckdb

SCHEMA = "records"
BUILDS = "rec_builds"
TIME = "timestamp[us]"
INGREDIENT = {
    "kind_code": "string",
    "ingredient_name": "string",
    "fingerprint": "string",
    "rows_count": "int64",
}
_FIGURE = {
    "generation": "string",
    "table_name": "string",
    "figure_key": "string",
    "column_name": "string",
    "month": "date32",
    "horizon_days": "int32",
}
# `rec_builds` is the last to be written: with it the record of a generation is whole.
RECORDS = {
    "rec_ingredients": {"generation": "string", **INGREDIENT, "is_held": "bool"},
    "rec_journeys": {
        "generation": "string",
        "journey_id": "string",
        "is_gone": "bool",
        "source_code": "string",
        "lead_id": "string",
        "deal_id": "string",
        "person_id": "string",
        "segment_code": "string",
        "channel_code": "string",
        "outcome_code": "string",
        "attributes_hash": "string",
        "records_count": "int64",
        "touches_count": "int64",
        "is_deleted": "bool",
        "is_duplicate": "bool",
        "is_returning": "bool",
        "deleted_at": TIME,
    },
    "rec_transitions": {
        "generation": "string",
        "journey_id": "string",
        "transition_id": "string",
        "source_code": "string",
        "pipeline_code": "string",
        "stage_code": "string",
        "is_absorbed_record": "bool",
        "source_file": "string",
        "changed_at": TIME,
    },
    "rec_moves": {
        "generation": "string",
        "journey_id": "string",
        "month": "date32",
        "pipeline_code": "string",
        "segment_code": "string",
        "channel_code": "string",
        "stage_code": "string",
        "stated_currency_code": "string",
        "entered_count": "int64",
        "advanced_count": "int64",
        "won_count": "int64",
        "lost_count": "int64",
        "left_count": "int64",
        "removed_count": "int64",
        "won_amount": "float64",
        "stated_amount": "float64",
    },
    "rec_ends": {
        "generation": "string",
        "journey_id": "string",
        "month": "date32",
        "pipeline_code": "string",
        "segment_code": "string",
        "channel_code": "string",
        "from_stage_code": "string",
        "to_stage_code": "string",
        "end_code": "string",
        "is_in_totals": "bool",
        "is_in_segment": "bool",
        "ended_after": "int64",
    },
    "rec_figures": {**_FIGURE, "first_value": "float64"},
    "rec_restatements": {
        **_FIGURE,
        "as_of": TIME,
        "reason_code": "string",
        "first_value": "float64",
        "value": "float64",
        "delta": "float64",
        "journeys_affected_count": "int64",
        "first_published_as_of": TIME,
    },
    BUILDS: {"generation": "string", "closed_before": "date32", "as_of": TIME},
}


def freeze_ingredients(paths: Paths, settings: Settings, generation: str) -> None:
    """Write what the frozen run is a function of, and have every record declared."""
    for kind, columns in RECORDS.items():
        _declare(paths.records / kind, columns)
    rows = [
        {**dict.fromkeys(INGREDIENT), **row}
        for row in _ingredients(paths, settings, generation)
    ]
    write_record(paths.run, "ingredients", INGREDIENT, rows)


def copy_records(connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """Copy what the models of schema `records` hold into a generation's folder."""
    built = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ?", [SCHEMA]
    ).fetchall()
    for kind in (name for (name,) in built if name in RECORDS):
        file = folder / SCHEMA / f"{kind}.parquet"
        file.parent.mkdir(exist_ok=True)
        connection.execute(
            f"copy (from {SCHEMA}.{kind}) to '{file}'"
            " (format parquet, compression zstd)"
        )


def remember(paths: Paths, folder: Path) -> None:
    """Carry a published generation's records into the lake; any number of times.

    They bear the name of the generation that was built, so a build that is published
    again writes what is there already.
    """
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    builds = folder / SCHEMA / f"{BUILDS}.parquet"
    if not builds.is_file():
        return
    (build,) = pq.read_table(builds).to_pylist()
    for kind in RECORDS:
        record = folder / SCHEMA / f"{kind}.parquet"
        if record.is_file() and pq.read_metadata(record).num_rows:
            _copy_whole(record, paths.records / kind, build["generation"])


def _declare(folder: Path, columns: dict[str, str]) -> None:
    """A file of no rows with every column, also those that older records lack."""
    import pyarrow.parquet as pq

    declared = folder / "declared.parquet"
    if not declared.is_file() or pq.read_schema(declared).names != list(columns):
        write_record(folder, "declared", columns, [])


def _copy_whole(file: Path, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.tmp"
    shutil.copyfile(file, unfinished)
    replace_whole(unfinished, folder / f"{name}.parquet")


def _ingredients(
    paths: Paths, settings: Settings, generation: str
) -> Iterator[dict[str, Any]]:
    from dagster_project.landing.tombstones import tombstones_fingerprint

    yield {"kind_code": "generation", "ingredient_name": generation}
    yield _row("code", "code", code_fingerprint())
    yield _row("setting", "timezone", settings.timezone)
    yield _row("setting", "home_currency", settings.home_currency)
    if forgotten := tombstones_fingerprint(paths):
        yield _row("tombstones", "tombstones", forgotten)
    for seed in sorted(paths.seeds.glob("*.csv")):
        yield _row("seed", seed.stem, hashlib.sha256(seed.read_bytes()).hexdigest())
    for source in _frozen(paths, "sources"):
        through = source["data_through"]
        told = through.isoformat() if through else ""
        yield _row("source", source["source_code"], told)
    for file in _frozen(paths, "files"):
        row = _row("file", file["file_name"], file["file_sha256"])
        yield {**row, "rows_count": file["landed_count"]}


def _row(kind_code: str, name: str, fingerprint: str) -> dict[str, Any]:
    return {
        "kind_code": kind_code,
        "ingredient_name": name,
        "fingerprint": fingerprint,
    }


def _frozen(paths: Paths, table: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    table_file = paths.run / f"{table}.parquet"
    rows: list[dict[str, Any]] = pq.read_table(table_file).to_pylist()
    return rows
