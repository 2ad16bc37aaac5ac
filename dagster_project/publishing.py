"""From the builder's warehouse to what readers see: generations and their switch.

A generation is a folder written under a temporary name, renamed when whole and
never changed after; `published/current` is a link, replaced in one step. Nothing
here knows what a table means.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.ingredients import FORGOTTEN, Ingredients
from dagster_project.paths import Paths
from dagster_project.recording import PUBLICATION, write_record
from dagster_project.restating import copy_records, remember
from dagster_project.syncing import sync, sync_tree

if TYPE_CHECKING:
    import duckdb

SCHEMA = "marts"
GATE_RESULTS = "dq_gate_results"
RUN_STATS = "dq_run_stats"
RUN_RECORDS = frozenset({GATE_RESULTS, RUN_STATS})
DATABASE = "funnelhouse.duckdb"
MANIFEST = "manifest.json"
# Any DuckDB 1.x reads a file written in the storage format of 1.0.0.
STORAGE_VERSION = "v1.0.0"
# Levels above it write larger files of what a funnel is made of, and take longer.
PARQUET = "format parquet, compression zstd, compression_level 1"
_GENERATION = re.compile(r"g(\d{6,})")


class PublicationRefusedError(RuntimeError):
    """What was built may not replace what readers rely on."""


class NoGenerationError(RuntimeError):
    """There is no generation to switch to."""


@dataclass(frozen=True)
class Table:
    """A published table; `columns` maps names to types.

    No two rows agree in `key` (a null is a value), and no row lacks one of `required`.
    """

    rows: int
    columns: dict[str, str]
    schema_hash: str
    key: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Manifest:
    """What a generation holds and what it was made from."""

    generation: str
    version: str
    run_key: str
    as_of: str
    data_through: dict[str, str]
    fingerprints: dict[str, str]
    files: list[dict[str, Any]]
    tables: dict[str, Table]
    timezone: str = ""
    home_currency: str = ""

    @property
    def major(self) -> str:
        return self.version.split(".")[0]

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=2, sort_keys=True, default=str)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        held = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = {name: Table(**table) for name, table in held.pop("tables").items()}
        return cls(**held, tables=tables)


@dataclass(frozen=True)
class Description:
    """What a table and its columns mean, what was tested of every row, their order."""

    table: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    order_by: str = ""


def current_manifest(paths: Paths) -> Manifest | None:
    """The manifest of what readers see now; none before the first publication."""
    folder = paths.current.resolve()
    return Manifest.read(folder) if (folder / MANIFEST).is_file() else None


def generations(paths: Paths) -> list[str]:
    """Whole generations, oldest first."""
    if not paths.published.is_dir():
        return []
    names = (path.name for path in paths.published.iterdir() if path.is_dir())
    return sorted(filter(_GENERATION.fullmatch, names), key=_number)


def next_generation(paths: Paths) -> str:
    """An id never given before, also when the newest folders were swept."""
    recorded = [path.stem for path in paths.publications.glob("g*.parquet")]
    known = [*generations(paths), *filter(_GENERATION.fullmatch, recorded)]
    return f"g{max(map(_number, known), default=0) + 1:06}"


def build_generation(
    paths: Paths,
    tables: Collection[str],
    ingredients: Ingredients,
    descriptions: Mapping[str, Description],
    memory_limit: str = "4GB",
    threads: int = 1,
) -> tuple[Path, Manifest]:
    """Copy marts and run records into a temporary folder, with their manifest.

    Rows are put in order within `memory_limit`, and on disk where that is too little.

    Raises:
        PublicationRefusedError: a table or column that readers rely on is gone.
    """
    generation_id = next_generation(paths)
    folder = paths.unfinished_generation(generation_id)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / SCHEMA).mkdir(parents=True)
    queries = {name: _query(name, descriptions.get(name)) for name in tables}
    queries |= _record_queries(paths)
    limits = {"memory_limit": memory_limit, "threads": threads}
    with _attached(paths.warehouse, folder / DATABASE, limits) as connection:
        copied = _copy_tables(connection, folder, queries, descriptions)
    told = {**vars(ingredients), **_frozen_settings(paths)}
    told["data_through"] = {k: v for k, v in ingredients.data_through.items() if v}
    manifest = Manifest(generation_id, **told, tables=copied)
    refuse_broken_schema(current_manifest(paths), manifest)
    manifest.write(folder)
    return folder, manifest


def latest_unfinished(paths: Paths) -> Path:
    """The generation that this night has built and not yet published."""
    return paths.unfinished_generation(next_generation(paths))


def refuse_broken_schema(published: Manifest | None, built: Manifest) -> None:
    """Refuse a column removed or retyped within one major version."""
    if published is None or published.major != built.major:
        return
    broken = list(_broken_columns(published.tables, built.tables))
    if broken:
        raise PublicationRefusedError(
            f"readers of {published.generation} would break: {'; '.join(broken)}. Keep "
            "the columns, or raise the major version in pyproject.toml and say so in "
            "CHANGELOG.md"
        )


def publish(paths: Paths, folder: Path, keep: int) -> Path:
    """Make a finished folder the current generation; readers see old or new, whole."""
    generation_id = Manifest.read(folder).generation
    target = paths.generation(generation_id)
    sync_tree(folder)
    folder.rename(target)
    sync(paths.published)
    switch(paths, generation_id)
    record_publication(paths)
    drop_old_generations(paths, keep)
    return target


def switch(paths: Paths, generation_id: str) -> None:
    """Point `current` at a generation by renaming a new link over the old one."""
    link = paths.published / ".current.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(generation_id)
    link.replace(paths.current)
    sync(paths.published)


def rollback(paths: Paths, generation: str | None = None) -> str:
    """Switch to a generation, by default the one before the current.

    Raises:
        NoGenerationError: it is not there.
    """
    if current_manifest(paths) is None:
        raise NoGenerationError(
            f"nothing is published in {paths.data} yet: run `funnelhouse run` first"
        )
    record_publication(paths)
    current = paths.current.resolve().name
    known = [
        name
        for name in generations(paths)
        if name != current and knows_the_forgotten(paths, name)
    ]
    wanted = generation or _newest_before(current, known)
    if wanted not in known:
        held = ", ".join(known) or "none"
        raise NoGenerationError(
            f"there is no generation {wanted or 'before the current one'}; besides "
            f"the current one ({current}) there are: {held}"
        )
    switch(paths, wanted)
    return wanted


def knows_the_forgotten(paths: Paths, generation_id: str) -> bool:
    """Whether a generation was built without anybody who is forgotten by now."""
    from dagster_project.landing.tombstones import tombstones_fingerprint

    fingerprints = Manifest.read(paths.generation(generation_id)).fingerprints
    return fingerprints.get(FORGOTTEN, "") == tombstones_fingerprint(paths)


def drop_unknowing_generations(paths: Paths) -> None:
    """Remove every generation that may hold somebody who was forgotten since."""
    for generation_id in generations(paths):
        if not knows_the_forgotten(paths, generation_id):
            _remove(paths, generation_id)


def drop_old_generations(paths: Paths, keep: int) -> None:
    """Remove all but the newest generations; never the current one."""
    current = paths.current.resolve().name
    for generation_id in generations(paths)[:-keep]:
        if generation_id != current:
            _remove(paths, generation_id)


def sweep_publications(paths: Paths) -> list[Path]:
    """Remove what a killed publication left, and record one it did not record."""
    swept = list(paths.published.glob(".*.tmp"))
    for path in swept:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    record_publication(paths)
    for generation_id in generations(paths):
        if not _record_of(paths, generation_id).is_file():
            swept.append(paths.generation(generation_id))
            _remove(paths, generation_id)
    return swept


def record_publication(paths: Paths) -> None:
    """Write the records of the current generation, once, from the generation itself.

    What is restated later comes first: a kill in between leaves a publication without
    its record, and the next night begins it again.
    """
    manifest = current_manifest(paths)
    if manifest is None or _record_of(paths, manifest.generation).is_file():
        return
    remember(paths, paths.current.resolve())
    switched = datetime.fromtimestamp(paths.current.lstat().st_mtime, UTC)
    row = {
        "generation": manifest.generation,
        "version": manifest.version,
        "run_key": manifest.run_key,
        "as_of": datetime.fromisoformat(manifest.as_of),
        "files_count": len(manifest.files),
        "rows_count": sum(
            table.rows
            for name, table in manifest.tables.items()
            if name not in RUN_RECORDS
        ),
        "published_at": switched.replace(tzinfo=None),
    }
    write_record(paths.publications, manifest.generation, PUBLICATION, [row])


def _number(generation_id: str) -> int:
    return int(generation_id.removeprefix("g"))


def _newest_before(current: str, known: Collection[str]) -> str | None:
    if not _GENERATION.fullmatch(current):
        return None
    earlier = [name for name in known if _number(name) < _number(current)]
    return max(earlier, key=_number, default=None)


def _record_of(paths: Paths, generation_id: str) -> Path:
    return paths.publications / f"{generation_id}.parquet"


def _remove(paths: Paths, generation_id: str) -> None:
    doomed = paths.unfinished_generation(generation_id)
    paths.generation(generation_id).rename(doomed)
    shutil.rmtree(doomed)


def _broken_columns(
    old: Mapping[str, Table], new: Mapping[str, Table]
) -> Iterator[str]:
    for name, table in old.items():
        if name not in new:
            yield f"table {name} is gone"
            continue
        for column, kind in table.columns.items():
            built = new[name].columns.get(column)
            if built is None:
                yield f"column {name}.{column} is gone"
            elif built != kind:
                yield f"column {name}.{column} was {kind} and is {built}"


def _query(name: str, description: Description | None) -> str:
    order = description.order_by if description else ""
    return f"from {SCHEMA}.{_name(name)}" + (f" order by {order}" if order else "")


def _record_queries(paths: Paths) -> dict[str, str]:
    """Run records that readers get beside the marts.

    What the gates said of them: each gate speaks with its last night, which is this one
    unless a person runs it again from a step on that failed. What each part
    of this night and of the nights before took.
    """
    ending = {
        GATE_RESULTS: (
            paths.gate_results,
            "qualify night_code = max(night_code) over (partition by gate_code) "
            "order by gate_code, rule_code",
        ),
        RUN_STATS: (paths.run_stats, "order by night_code, step_code, node_name"),
    }
    return {
        name: f"from read_parquet({_text(folder / '*.parquet')}, union_by_name = true)"
        f" {rest}"
        for name, (folder, rest) in ending.items()
        if any(folder.glob("*.parquet"))
    }


def _frozen_settings(paths: Paths) -> dict[str, str]:
    """The time zone of days and the currency of amounts, as the run was frozen."""
    file = paths.run / "runs.parquet"
    if not file.is_file():
        return {}
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    (run,) = pq.read_table(file, columns=["timezone", "home_currency"]).to_pylist()
    return {name: str(value) for name, value in run.items()}


def _copy_tables(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    queries: Mapping[str, str],
    descriptions: Mapping[str, Description],
) -> dict[str, Table]:
    connection.execute(f"create schema facts.{SCHEMA}")
    copy_records(connection, folder)
    return {
        name: _copy_table(connection, folder, name, query, descriptions.get(name))
        for name, query in sorted(queries.items())
    }


@contextmanager
def _attached(
    warehouse: Path, target: Path, limits: Mapping[str, Any]
) -> Iterator["duckdb.DuckDBPyConnection"]:
    import duckdb

    config = {**limits, "temp_directory": f"{warehouse}.tmp"}
    with duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        # Views in the warehouse name its catalog, so it keeps the name it was built by.
        connection.execute(
            f"attach {_text(warehouse)} as {_name(warehouse.stem)} (read_only)"
        )
        connection.execute(
            f"attach {_text(target)} as facts (storage_version '{STORAGE_VERSION}')"
        )
        connection.execute(f"use {_name(warehouse.stem)}")
        yield connection
        # Detaching writes the log into the file: no .wal is left beside it.
        connection.execute("detach facts")


def _copy_table(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    name: str,
    query: str,
    description: Description | None,
) -> Table:
    target = f"facts.{SCHEMA}.{_name(name)}"
    connection.execute(f"create table {target} as {query}")
    file = _text(folder / SCHEMA / f"{name}.parquet")
    connection.execute(f"copy {target} to {file} ({PARQUET})")
    described = connection.execute(f"describe {target}").fetchall()
    columns = {row[0]: row[1] for row in described}
    if description:
        _comment(connection, target, columns, description)
    counted = connection.execute(f"select count(*) from {target}").fetchone()  # noqa: S608
    rows = int(counted[0]) if counted else 0
    schema_hash = hashlib.sha256(json.dumps(columns).encode()).hexdigest()
    key, required = (description.key, description.required) if description else ((), ())
    return Table(rows, columns, schema_hash, list(key), list(required))


def _comment(
    connection: "duckdb.DuckDBPyConnection",
    target: str,
    columns: Collection[str],
    description: Description,
) -> None:
    # a transaction each would be written to disk by itself
    connection.begin()
    connection.execute(f"comment on table {target} is {_text(description.table)}")
    for column in columns:
        text = description.columns.get(column)
        if text:
            connection.execute(
                f"comment on column {target}.{_name(column)} is {_text(text)}"
            )
    connection.commit()


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
