"""What each model is built from, told to the warehouse before dbt builds.

A model's fingerprint covers what people decide: its own SQL, views below it, macros,
bytes of seeds, settings, versions; another what the lake holds of what it reads there.
Of the tables that it reads both take the names alone: their rows have versions.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.paths import DBT, Paths

TABLES = frozenset({"table", "keyed"})
_VERSIONS = ("dbt-core", "dbt-duckdb", "duckdb")
_STATE = """
    create schema if not exists state;
    create schema if not exists changes;
    create table if not exists state.built (
        model varchar, version bigint, whole_version bigint, fingerprint varchar,
        lake_fingerprint varchar, inputs map(varchar, bigint)
    );
    create table if not exists state.files (
        model varchar, source_code varchar, table_name varchar, file_name varchar,
        batch_id varchar, file_sha256 varchar, reaches timestamp
    );
    create or replace table state.admitted (
        model varchar, source_code varchar, table_name varchar, file_name varchar,
        batch_id varchar, file_sha256 varchar, reaches timestamp
    );
"""
_OTHER_FILES = """
    select distinct model from (
        (from state.admitted except from state.files)
        union all
        (from state.files except from state.admitted)
    ) as differing
"""
_FILE = ("source_code", "table_name", "file_name", "batch_id", "file_sha256")
FILES = pa.schema(
    [
        *((name, pa.string()) for name in ("model", *_FILE)),
        ("reaches", pa.timestamp("us")),
    ]
)
File = dict[str, Any]

# Nobody but this version's processes opens the builder's file: newer compression
# writes a table in three quarters of the time. As in profiles.yml; a file keeps for
# good what it was made with.
NEWEST_STORAGE: dict[str, Any] = {"storage_compatibility_version": "latest"}


@dataclass(frozen=True)
class ModelPlan:
    """What decides whether a model's table still holds, and who follows its changes."""

    model: str
    fingerprint: str
    lake_fingerprint: str
    inputs: list[str]
    watchers: list[str]


@dataclass(frozen=True)
class Told:
    """What a build is told: of each model how it stands, and which stand on old code.

    `models` holds what macro `plan_of_build` looks at, by the name of the model.
    """

    models: dict[str, dict[str, Any]]

    @property
    def outdated(self) -> list[str]:
        return sorted(
            name for name, told in self.models.items() if told["is_decided_otherwise"]
        )


def tell_warehouse(manifest: Mapping[str, Any], paths: Paths, settings: str) -> Told:
    """Write what this build is made of, and compare it with what was built.

    `settings` stands for all that macros read of the environment.
    """
    inputs = Inputs(manifest, paths, settings)
    plans = [inputs.plan(node) for node in inputs.tables()]
    files = [
        {"model": node["name"], **file}
        for node in inputs.tables()
        for file in inputs.files(node)
    ]
    with duckdb.connect(str(paths.warehouse), config=NEWEST_STORAGE) as connection:
        connection.execute(_STATE)
        _fill(connection, "admitted", files, FILES)
        built = {row["model"]: row for row in _rows(connection, "from state.built")}
        others = {row["model"] for row in _rows(connection, _OTHER_FILES)}
    # rows of a model that no longer follows files stay behind, and mean nothing
    others &= {node["name"] for node in inputs.tables() if _follows_files(node)}
    return Told(
        {
            plan.model: _standing(plan, built.get(plan.model), plan.model in others)
            for plan in plans
        }
    )


@dataclass(frozen=True)
class Inputs:
    """What the nodes of a manifest read, behind the views between."""

    manifest: Mapping[str, Any]
    paths: Paths
    settings: str
    _known: dict[str, str] = field(default_factory=dict)

    def tables(self) -> Iterator[Mapping[str, Any]]:
        """Models that are written down."""
        for node in self.manifest["nodes"].values():
            if _kind(node) in TABLES:
                yield node

    def plan(self, node: Mapping[str, Any]) -> ModelPlan:
        return ModelPlan(
            node["name"],
            self._fingerprint(node),
            _hash(self._of_lake(node)),
            sorted(self.tables_below(node)),
            self._watchers.get(node["name"], []),
        )

    def files(self, node: Mapping[str, Any]) -> list[File]:
        """Admitted files of the raw tables that a model follows file by file."""
        raw = [
            self.manifest["sources"][parent]
            for parent in node["depends_on"]["nodes"]
            if _follows_files(node) and self._is_raw(parent)
        ]
        return [file for source in raw for file in self._admitted_to(source)]

    @cached_property
    def _watchers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for node in self.tables():
            for name in _followed(node):
                found.setdefault(name, []).append(node["name"])
        return found

    @cached_property
    def _admitted(self) -> dict[tuple[str, str], list[File]]:
        """Files of this run by table, and until when their rows are known."""
        as_of = pq.read_table(self.paths.run / "runs.parquet").to_pylist()[0]["as_of"]
        found: dict[tuple[str, str], list[File]] = {}
        for row in pq.read_table(self.paths.run / "files.parquet").to_pylist():
            reaches = _earlier(row["extracted_at"], as_of)
            file = {name: row[name] for name in _FILE} | {"reaches": reaches}
            found.setdefault((row["source_code"], row["table_name"]), []).append(file)
        return found

    def _admitted_to(self, source: Mapping[str, Any]) -> list[File]:
        return self._admitted.get((source["source_name"], source["name"]), [])

    @cached_property
    def _ground(self) -> str:
        """What every model stands on: macros, variables, settings, versions."""
        macros = {
            name: macro["macro_sql"]
            for name, macro in self.manifest["macros"].items()
            if macro["package_name"] == self.manifest["metadata"]["project_name"]
        }
        versions = [f"{name}=={version(name)}" for name in _VERSIONS]
        project = (DBT / "dbt_project.yml").read_text(encoding="utf-8")
        return _hash([macros, versions, project, self.settings])

    def tables_below(self, node: Mapping[str, Any]) -> set[str]:
        found: set[str] = set()
        for parent in node["depends_on"]["nodes"]:
            below = self.manifest["nodes"].get(parent)
            if below is not None and _kind(below) in TABLES:
                found.add(below["name"])
            elif below is not None and _kind(below) == "view":
                found |= self.tables_below(below)
        return found

    def _fingerprint(self, node: Mapping[str, Any]) -> str:
        parents = sorted(node["depends_on"]["nodes"])
        read = [self._of_parent(node, parent) for parent in parents]
        own = [node["raw_code"], node["unrendered_config"], node["columns"]]
        # a table keeps its changes only from when somebody follows them
        own.append(node["name"] in self._watchers)
        return _hash([self._ground, own, read])

    def _of_parent(self, node: Mapping[str, Any], parent: str) -> str:
        if parent in self.manifest["sources"]:
            source = self.manifest["sources"][parent]
            return _hash([source["columns"], source["config"], source["source_meta"]])
        below = self.manifest["nodes"][parent]
        if _kind(below) == "view":
            return self._fingerprint(below)
        if below["resource_type"] == "seed":
            return _hash([below["config"], self._seed(below["original_file_path"])])
        return _hash([below["name"], below["config"].get("meta")])

    def _of_lake(self, node: Mapping[str, Any]) -> list[str]:
        """What the lake holds of what a model, or a view below it, reads there."""
        found = []
        for parent in sorted(node["depends_on"]["nodes"]):
            below = self.manifest["nodes"].get(parent)
            if below is None:
                found.append(self._of_source(node, self.manifest["sources"][parent]))
            elif _kind(below) == "view":
                found += self._of_lake(below)
        return found

    def _of_source(self, node: Mapping[str, Any], source: Mapping[str, Any]) -> str:
        """Of a raw table its files; of the lake's own tables their bytes.

        Staging reads the run only to admit files, which say what it needs of it.
        """
        if source["source_name"] != "lake":
            files = [] if _follows_files(node) else self._admitted_to(source)
            told = sorted(json.dumps(file, default=str) for file in files)
            return _hash([told, self._lake_table("tombstones")])
        is_admitting = _is_staging(node) and source["name"] in ("runs", "files")
        return "" if is_admitting else self._lake_table(source["name"])

    def _lake_table(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = _files_print(_lake_files(self.paths, name))
        return self._known[name]

    def _seed(self, file: str) -> str:
        """dbt hashes only the path of seeds over 1 MiB."""
        return _bytes_print(self.paths.seeds / Path(file).name)

    def _is_raw(self, parent: str) -> bool:
        source = self.manifest["sources"].get(parent)
        return source is not None and source["source_name"] != "lake"


def _standing(
    plan: ModelPlan, built: Mapping[str, Any] | None, has_other_files: bool
) -> dict[str, Any]:
    """What a model is made of beside what its table was made of, for macros."""
    was: Mapping[str, Any] = built or {}
    return {
        **asdict(plan),
        "version": was.get("version"),
        "read_versions": was.get("inputs") or {},
        "has_other_files": has_other_files,
        "is_decided_otherwise": was.get("fingerprint") not in (None, plan.fingerprint),
        "is_same": (plan.fingerprint, plan.lake_fingerprint)
        == (was.get("fingerprint"), was.get("lake_fingerprint")),
    }


def _kind(node: Mapping[str, Any]) -> str:
    is_model = node["resource_type"] == "model"
    return str(node["config"]["materialized"]) if is_model else ""


def _follows_files(node: Mapping[str, Any]) -> bool:
    return "files" in _followed(node)


def _is_staging(node: Mapping[str, Any]) -> bool:
    """Whether a node renames a source's rows; gates lie in folders of their own."""
    return node["fqn"][1] == "staging" and not node["fqn"][2].startswith("_")


def _followed(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a keyed model names of its inputs: those whose changes it follows."""
    followed: Mapping[str, Any] = (
        node["config"]["meta"].get("touched", {}).get("by", {})
    )
    return followed


def _lake_files(paths: Paths, name: str) -> list[Path]:
    """The files of one of the lake's own tables, as _lake__sources.yml has them."""
    folders = {
        "manifest": paths.manifest,
        "rejects": paths.rejects,
        "profiles": paths.profiles,
        "tombstones": paths.tombstones,
    }
    if (paths.run / f"{name}.parquet").is_file():
        return [paths.run / f"{name}.parquet"]
    return sorted(folders.get(name, paths.records / name).glob("*.parquet"))


def _files_print(files: list[Path]) -> str:
    return _hash([[file.name, _bytes_print(file)] for file in files])


def _bytes_print(file: Path) -> str:
    return _bytes_of(file, file.stat().st_size, file.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _bytes_of(file: Path, size: int, changed_at: int) -> str:
    # size and time are unused but for the cache: two steps of a night share it
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _earlier(time: datetime | None, as_of: datetime) -> datetime | None:
    return min(time, as_of) if time is not None else None


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _fill(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: list[dict[str, Any]],
    schema: pa.Schema,
) -> None:
    connection.register("told", pa.Table.from_pylist(rows, schema))
    connection.execute(f"insert into state.{table} by name select * from told")  # noqa: S608
    connection.unregister("told")


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
