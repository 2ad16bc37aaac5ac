"""dbt in this process: its environment, its manifest, which node which step builds.

Imports no Dagster, so that `check` and `status` start fast.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.invoking import TransformError, invoke
from dagster_project.parsing import prepare_manifest, prepared_key, read_parse
from dagster_project.paths import DBT, Paths
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.fingerprints import Told

TELEMETRY_OFF = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
}
RESULT_EVENTS = frozenset(
    {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"}
)
_SHOWN_ROWS = 3


@dataclass(frozen=True)
class Project:
    """The dbt project as parsed, and which of its nodes each step builds."""

    settings: Settings
    paths: Paths
    manifest: Mapping[str, Any]
    staged: frozenset[str]
    built: frozenset[str]

    @property
    def sources(self) -> tuple[str, ...]:
        """The enabled sources."""
        return self.settings.sources or named_sources()

    def node(self, unique_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.manifest["nodes"][unique_id]
        return found

    def selection(self, unique_ids: Collection[str]) -> list[str]:
        """The fewest of dbt's criteria that select these nodes.

        dbt holds each criterion against each node: two hundred names cost seconds.
        """
        chosen = set(unique_ids)
        nodes = self.manifest["nodes"].items()
        left = {
            criterion
            for unique_id, node in nodes
            if unique_id not in chosen
            for criterion in _criteria(node)
        }
        widest = (
            next(each for each in _criteria(self.node(unique_id)) if each not in left)
            for unique_id in chosen
        )
        return sorted(set(widest))

    def in_schema(self, schema: str) -> list[Mapping[str, Any]]:
        """The nodes that this night builds in a schema, by name."""
        nodes = (self.node(unique_id) for unique_id in self.staged | self.built)
        found = [node for node in nodes if node["schema"] == schema]
        return sorted(found, key=lambda node: str(node["name"]))


@dataclass(frozen=True)
class Outcome:
    """What dbt made of one node."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    ended_at: float
    message: str
    file: str
    query: str = ""

    @property
    def is_fault(self) -> bool:
        return self.status in ("error", "runtime error")

    @property
    def is_refused(self) -> bool:
        return self.status == "fail"

    def __str__(self) -> str:
        return f"{self.name} ({self.file}): {self.message}"


def environment(settings: Settings, paths: Paths) -> dict[str, str]:
    """Every variable that dbt, Dagster and Great Expectations are started with."""
    return {
        **TELEMETRY_OFF,
        "DAGSTER_HOME": str(paths.dagster_home),
        "DBT_PROJECT_DIR": str(DBT),
        "DBT_PROFILES_DIR": str(DBT),
        "DBT_TARGET_PATH": str(paths.dbt_target),
        "DBT_LOG_PATH": str(paths.dbt_target),
        "FUNNELHOUSE_DATA": str(paths.data),
        "FUNNELHOUSE_EXTRACTS": str(paths.extracts),
        "FUNNELHOUSE_LAKE": str(paths.lake),
        "FUNNELHOUSE_WAREHOUSE": str(paths.warehouse),
        "FUNNELHOUSE_SEEDS": str(paths.seeds),
        "FUNNELHOUSE_SOURCES": ",".join(settings.sources),
        "FUNNELHOUSE_TIMEZONE": settings.timezone,
        "FUNNELHOUSE_HOME_CURRENCY": settings.home_currency,
        "FUNNELHOUSE_ENGINE": settings.engine,
        "FUNNELHOUSE_MEMORY_LIMIT": settings.memory_limit,
        "FUNNELHOUSE_THREADS": str(settings.threads),
        "FUNNELHOUSE_KEEP": str(settings.keep_generations),
        "FUNNELHOUSE_PII_SALT": salt(settings, paths),
    }


def apply_environment(settings: Settings, paths: Paths) -> None:
    """Set the environment of this process, and make the folders it names."""
    for folder in (paths.warehouse.parent, paths.dagster_home, paths.lake):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(settings, paths))


def salt(settings: Settings, paths: Paths) -> str:
    """What personal data are hashed with: as set, else made once, readable by us."""
    if settings.pii_salt:
        return settings.pii_salt
    if not paths.salt.is_file():
        _make_salt(paths.salt)
    return paths.salt.read_text(encoding="ascii").strip()


def load_project(settings: Settings) -> Project:
    """Parse dbt where anything it reads has changed, and read the manifest.

    Raises:
        TransformError: dbt cannot parse the project.
    """
    paths = Paths.of(settings)
    apply_environment(settings, paths)
    prepare_manifest(settings, paths)
    return _project(settings, paths, prepared_key(paths))


def parse_ahead(settings: Settings) -> None:
    """Parse what the first night of any data folder would parse.

    Raises:
        TransformError: dbt cannot parse the project.
    """
    with tempfile.TemporaryDirectory() as name:
        load_project(replace(settings, data=Path(name)))


def build(
    selection: Collection[str],
    indirect_selection: str,
    full_refresh: bool,
    on_result: Callable[[dict[str, Any]], None],
) -> list[Outcome]:
    """`dbt build` of some nodes and their tests; each result is told as it comes.

    The connections are closed afterwards: they hold the lock on the warehouse.

    Raises:
        TransformError: dbt stopped before it built anything.
    """
    if os.environ["FUNNELHOUSE_ENGINE"] == "spark":
        return _build_on_spark(selection, indirect_selection, on_result)
    told = _tell_warehouse().models
    arguments = ["build", "--no-write-json", "--select", *selection]
    arguments += ["--indirect-selection", indirect_selection]
    arguments += ["--exclude-resource-type", "unit_test"]
    arguments += ["--full-refresh"] if full_refresh else []
    paths = Paths.of(Settings.from_environment())
    manifest = read_parse(paths)
    result = invoke(arguments, [_teller(on_result)], manifest, vars={"told": told})
    if result.exception is not None:
        if not isinstance(result.exception, Exception):
            raise result.exception  # somebody has ended the night
        raise TransformError(f"dbt build stopped: {result.exception}")
    return [_outcome(each) for each in getattr(result.result, "results", ())]


def selected(paths: Paths, select: str) -> set[str]:
    """The unique ids of what dbt's own syntax selects.

    Raises:
        TransformError: dbt cannot read it.
    """
    asked = ["list", "--select", select, "--output", "json", "--output-keys"]
    result = invoke([*asked, "unique_id"], manifest=read_parse(paths))
    if result.exception is not None:
        raise TransformError(f"--select {select!r}: {result.exception}")
    return {json.loads(line)["unique_id"] for line in result.result}


def outdated_models() -> list[str]:
    """Models that were built of other code, seeds or settings than are there now."""
    on_spark = os.environ["FUNNELHOUSE_ENGINE"] == "spark"
    return [] if on_spark else _tell_warehouse().outdated


def _tell_warehouse() -> "Told":
    """Tell the warehouse what models are made of now, and hear how they stand."""
    from dagster_project.fingerprints import tell_warehouse

    settings = Settings.from_environment()
    paths = Paths.of(settings)
    manifest = _project(settings, paths, prepared_key(paths)).manifest
    read = [settings.timezone, settings.home_currency, sorted(settings.sources)]
    return tell_warehouse(manifest, paths, json.dumps([*read, salt(settings, paths)]))


def _build_on_spark(
    selection: Collection[str],
    indirect_selection: str,
    on_result: Callable[[dict[str, Any]], None],
) -> list[Outcome]:
    """The same on a cluster; always from scratch, for nothing there is incremental."""
    from dagster_project.distributed import DistributedError, Spark, build_on

    def tell(line: dict[str, Any]) -> None:
        if line["info"]["name"] in RESULT_EVENTS:
            on_result(line)

    target = Path(os.environ["DBT_TARGET_PATH"])
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    try:
        results = build_on(
            Spark.from_environment(), manifest, selection, indirect_selection, tell
        )
    except DistributedError as error:
        raise TransformError(str(error)) from error
    nodes = manifest["nodes"]
    return [
        Outcome(
            unique_id=each["unique_id"],
            name=nodes[each["unique_id"]]["name"],
            resource_type=nodes[each["unique_id"]]["resource_type"],
            status=each["status"],
            seconds=float(each["execution_time"] or 0),
            ended_at=max((_written(part) for part in each["timing"]), default=0),
            message=" ".join(str(each["message"] or "").split()),
            file=nodes[each["unique_id"]]["original_file_path"],
        )
        for each in results
    ]


def rows_that_failed(paths: Paths, outcome: Outcome) -> list[dict[str, Any]]:
    """The first rows that a dbt test found; none where another engine holds them."""
    import duckdb

    if not outcome.query:
        return []
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        answer = connection.execute(outcome.query)
        names = [column[0] for column in answer.description]
        rows = answer.fetchmany(_SHOWN_ROWS)
    return [dict(zip(names, row, strict=True)) for row in rows]


def count_rows(paths: Paths, nodes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Rows of the tables and marts among some nodes, by unique id.

    Other views are not run for it.
    """
    import duckdb

    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        tables = set(
            connection.execute(
                "select schema_name, table_name from duckdb_tables() union all "
                "select 'marts', view_name from duckdb_views() "
                "where schema_name = 'marts'"
            ).fetchall()
        )
        return {
            node["unique_id"]: _count(connection, node)
            for node in nodes
            if (node["schema"], node["alias"]) in tables
        }


def named_sources() -> tuple[str, ...]:
    """The sources that `dbt_project.yml` names."""
    return tuple(named_objects())


@lru_cache(maxsize=1)
def named_objects() -> Mapping[str, Sequence[str]]:
    """The canonical objects that each source of `dbt_project.yml` provides."""
    import yaml

    declared = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))
    found: Mapping[str, Sequence[str]] = declared["vars"]["sources"]
    return found


@lru_cache(maxsize=2)
def _project(settings: Settings, paths: Paths, key: str) -> Project:
    # `key` is unused but for the cache: the manifest is read once per parse.
    manifest = json.loads(paths.dbt_manifest.read_text(encoding="utf-8"))
    staged, built = split_nodes(manifest, settings.sources or named_sources())
    return Project(settings, paths, manifest, staged, built)


def split_nodes(
    manifest: Mapping[str, Any], sources: Collection[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """What is built before the staging gate, and what after it.

    Before: seeds, the enabled sources' staging, the gate's projections and all
    they need. After: the rest, but for the staging of sources not enabled.
    """
    nodes = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("seed", "model", "snapshot")
        and not _is_left_out(node, sources)
    }
    first = [unique_id for unique_id, node in nodes.items() if _is_staged(node)]
    staged = _with_ancestors(first, manifest["parent_map"], nodes)
    return frozenset(staged), frozenset(nodes) - staged


def _criteria(node: Mapping[str, Any]) -> list[str]:
    """What selects a node, the widest first: folders, its step, then its name."""
    kind = f"resource_type:{node['resource_type']}"
    if node["resource_type"] == "seed":
        return [kind, str(node["name"])]
    *folders, name = node["fqn"]
    paths = (".".join(folders[: depth + 1]) for depth in range(len(folders)))
    step = node["config"].get("meta", {}).get("step")
    steps = [f"{kind},config.meta.step:{step}"] if step else []
    return [*(f"{kind},fqn:{path}" for path in paths), *steps, str(name)]


def _is_staged(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "seed" or _layer(node) == "staging"


def _is_left_out(node: Mapping[str, Any], sources: Collection[str]) -> bool:
    folder = node["fqn"][2] if len(node["fqn"]) > 3 else ""
    shared = folder.startswith("_") or not folder
    return _layer(node) == "staging" and not shared and folder not in sources


def _layer(node: Mapping[str, Any]) -> str:
    return node["fqn"][1] if node["resource_type"] != "seed" else "seeds"


def _with_ancestors(
    wanted: Iterable[str],
    parents: Mapping[str, Iterable[str]],
    known: Collection[str],
) -> set[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        unique_id = waiting.pop()
        if unique_id in known and unique_id not in found:
            found.add(unique_id)
            waiting.extend(parents.get(unique_id, ()))
    return found


def _teller(on_result: Callable[[dict[str, Any]], None]) -> Callable[[Any], None]:
    from google.protobuf.json_format import (  # type: ignore[import-untyped]
        MessageToDict,
    )

    def tell(event: Any) -> None:
        if event.info.name in RESULT_EVENTS:
            on_result(MessageToDict(event, preserving_proto_field_name=True))

    return tell


def _outcome(result: Any) -> Outcome:
    return Outcome(
        unique_id=result.node.unique_id,
        name=result.node.name,
        resource_type=str(result.node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time or 0),
        ended_at=max((_epoch(each.completed_at) for each in result.timing), default=0),
        message=" ".join(str(result.message or "").split()),
        file=result.node.original_file_path,
        query=str(getattr(result.node, "compiled_code", None) or ""),
    )


def _written(timing: Mapping[str, Any]) -> float:
    """The end of a part of a node's work, as `run_results.json` tells it."""
    told = timing["completed_at"]
    return _epoch(datetime.fromisoformat(told) if told else None)


def _epoch(moment: datetime | None) -> float:
    """Seconds since 1970 of a time that dbt gives in UTC."""
    if moment is None:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _count(connection: Any, node: Mapping[str, Any]) -> int:
    relation = f'"{node["schema"]}"."{node["alias"]}"'
    counted = connection.execute(f"select count(*) from {relation}").fetchone()  # noqa: S608
    return int(counted[0])


def _make_salt(path: Path) -> None:
    """Write it beside, then link it: of two that start at once the first one holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    with suppress(FileExistsError):
        path.hardlink_to(unfinished)
    unfinished.unlink()
