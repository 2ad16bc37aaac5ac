"""Says what a published table means, where it comes from, and why it is empty.

What is said is read from dbt's graph and from what is published, and listed nowhere.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster_project.paths import Paths
from dagster_project.publishing import (
    DATABASE,
    RUN_STATS,
    SCHEMA,
    Description,
    Manifest,
    current_manifest,
)
from dagster_project.settings import Settings
from dagster_project.transforming import load_project, named_objects, named_sources

_OBJECT = re.compile(r"union_sources\('(\w+)'\)")
_CTE = re.compile(r"^(?:with )?(\w+) as \($", re.MULTILINE)
_JOIN = r"(left join|inner join|cross join|from)\s+"


class UnknownNameError(LookupError):
    """No published table or column is called so; the message names the nearest."""


@dataclass(frozen=True)
class Explanation:
    """All that `funnelhouse explain` says of a table, or of one of its columns."""

    table: str
    column: str
    meaning: str
    columns: dict[str, dict[str, str]]
    rows: int | None
    models: list[str]
    seeds: list[str]
    sources: list[str]
    reasons: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def explain(settings: Settings, name: str) -> list[Explanation]:
    """What a table means, `table.column`, or a column wherever it stands.

    Raises:
        UnknownNameError: there is none of this name.
    """
    facts = Facts.of(settings)
    table, _, column = name.removeprefix(f"{SCHEMA}.").partition(".")
    if table in facts.tables and (not column or column in facts.tables[table].columns):
        return [_explanation(facts, table, column)]
    having = [each for each, told in facts.tables.items() if name in told.columns]
    if not having:
        raise UnknownNameError(_nearest(facts, name))
    return [_explanation(facts, each, name) for each in having]


@dataclass(frozen=True)
class Facts:
    """dbt's graph beside what is published of it."""

    graph: Mapping[str, Any]
    manifest: Manifest | None
    generation: Path
    enabled: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Facts":
        """The graph of the last night; of an installation without one, a new one."""
        paths = Paths.of(settings)
        held = paths.dbt_manifest
        graph = (
            json.loads(held.read_text(encoding="utf-8"))
            if held.is_file()
            else load_project(settings).manifest
        )
        enabled = settings.sources or named_sources()
        return cls(graph, current_manifest(paths), paths.current.resolve(), enabled)

    @classmethod
    def of_generation(
        cls, graph: Mapping[str, Any], generation: Path, settings: Settings
    ) -> "Facts":
        """The same of a generation that readers need not see yet."""
        enabled = settings.sources or named_sources()
        return cls(graph, Manifest.read(generation), generation, enabled)

    @cached_property
    def tables(self) -> dict[str, Description]:
        """What each table means: as dbt says, of run records as was published."""
        told = {
            node["alias"]: Description(
                node["description"],
                {name: each["description"] for name, each in node["columns"].items()},
            )
            for node in self.graph["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == SCHEMA
        }
        return dict(sorted({**self._published_descriptions(), **told}.items()))

    @cached_property
    def rows(self) -> dict[str, int]:
        """Rows of seeds and tables in the night that is published, by name."""
        stats = self._records(RUN_STATS)
        last = max((row["night_code"] for row in stats), default="")
        return {
            row["node_name"]: row["rows_count"]
            for row in stats
            if row["night_code"] == last
            and row["resource_type"] in ("seed", "model")
            and row["rows_count"] is not None
        }

    @cached_property
    def landed(self) -> dict[tuple[str, str], int]:
        """Rows landed of each raw table, over all its files."""
        counts: dict[tuple[str, str], int] = {}
        for row in self._records("dq_load_audit"):
            key = (row["source_code"], row["table_name"])
            counts[key] = counts.get(key, 0) + (row["landed_count"] or 0)
        return counts

    def node(self, unique_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.graph["nodes"][unique_id]
        return found

    def parents(self, unique_id: str) -> list[str]:
        """Seeds, models and raw tables that a node reads, in a fixed order."""
        return sorted(set(self.graph["parent_map"].get(unique_id, ())))

    def ancestors(self, unique_id: str) -> list[str]:
        found: dict[str, None] = {}
        waiting = self.parents(unique_id)
        while waiting:
            each = waiting.pop(0)
            if each not in found:
                found[each] = None
                waiting += self.parents(each)
        return list(found)

    def raw_tables(self, source_code: str, canonical: str) -> list[tuple[str, str]]:
        """The raw tables that a source's staging of an object reads."""
        name = f"model.funnelhouse.stg_{source_code}__{canonical}"
        read = [each.split(".") for each in self.parents(name)]
        return [(each[2], each[3]) for each in read if each[2] == source_code]

    def _records(self, name: str) -> list[dict[str, Any]]:
        import pyarrow.parquet as pq  # type: ignore[import-untyped]

        file = self.generation / SCHEMA / f"{name}.parquet"
        found: list[dict[str, Any]] = (
            pq.read_table(file).to_pylist() if file.is_file() else []
        )
        return found

    def _published_descriptions(self) -> dict[str, Description]:
        file = self.generation / DATABASE
        if not file.is_file():
            return {}
        import duckdb

        with duckdb.connect(str(file), read_only=True) as connection:
            tables = connection.execute(
                "select table_name, coalesce(comment, '') from duckdb_tables()"
            ).fetchall()
            columns = connection.execute(
                "select table_name, column_name, coalesce(comment, '') "
                "from duckdb_columns() where not internal"
            ).fetchall()
        return {
            name: Description(told, {c: text for t, c, text in columns if t == name})
            for name, told in tables
        }


def _explanation(facts: Facts, table: str, column: str) -> Explanation:
    unique_id = f"model.funnelhouse.{table}"
    described = facts.tables[table]
    published = facts.manifest.tables.get(table) if facts.manifest else None
    types = published.columns if published else {}
    lineage = [each.split(".") for each in facts.ancestors(unique_id)]
    rows = published.rows if published else None
    return Explanation(
        table=table,
        column=column,
        meaning=described.columns[column] if column else described.table,
        columns={
            name: {"type": types.get(name, ""), "meaning": text}
            for name, text in described.columns.items()
            if name == column or not column
        },
        rows=rows,
        models=sorted(e[2] for e in lineage if _is_step(e)),
        seeds=sorted(f"seeds/{e[2]}.csv" for e in lineage if e[0] == "seed"),
        sources=sorted(
            f"{e[2]}.{e[3]}"
            for e in lineage
            if e[0] == "source" and (e[2] == "lake" or e[2] in facts.enabled)
        ),
        reasons=why_empty(facts, unique_id) if rows == 0 else [],
    )


def _is_step(unique_id: Sequence[str]) -> bool:
    return unique_id[0] == "model" and not unique_id[2].startswith("stg_")


def why_empty(facts: Facts, unique_id: str) -> list[str]:
    """Why a table has no row: what on the way to it has none, the nearest first."""
    if unique_id not in facts.graph["nodes"]:
        return ["no night has recorded anything of the kind yet"]
    return _causes(facts, unique_id, {})


def reasons_of_empty(facts: Facts) -> dict[str, list[str]]:
    """Why each published table that has no row has none."""
    published = facts.manifest.tables if facts.manifest else {}
    return {
        name: why_empty(facts, f"model.funnelhouse.{name}")
        for name, table in published.items()
        if not table.rows
    }


def _causes(facts: Facts, unique_id: str, known: dict[str, list[str]]) -> list[str]:
    """The empty inputs that a node needs; where it needs none, that it finds none."""
    if unique_id not in known:
        found = _wanting(facts, unique_id, known)
        known[unique_id] = found or [_finds_none(facts, unique_id)]
    return known[unique_id]


def _wanting(facts: Facts, unique_id: str, known: dict[str, list[str]]) -> list[str]:
    code = facts.node(unique_id).get("raw_code", "")
    found = list(_unprovided(facts, code))
    for parent in facts.parents(unique_id):
        kind, _, name = parent.split(".")[:3]
        is_raw = kind == "source" or name.startswith("stg_")
        if is_raw or is_optional(code, name):
            continue
        count = facts.rows.get(name)
        if kind == "seed" and count == 0:
            found.append(f"seeds/{name}.csv has no row")
        elif kind == "model" and count == 0:
            found += _causes(facts, parent, known)
        elif kind == "model" and count is None:
            # a view, of whose rows nothing is known
            found += _wanting(facts, parent, known)
    return list(dict.fromkeys(found))


def is_optional(code: str, name: str) -> bool:
    """Whether a model only adds to its rows what it finds in another: by left joins."""
    called = rf"\{{\{{ *(?:touched\()?ref\('{name}'\)"
    uses = list(re.finditer(_JOIN + called, code))
    return bool(uses) and all(_adds(code, use) for use in uses)


def _adds(code: str, use: re.Match[str]) -> bool:
    if use[1] != "from":
        return use[1] == "left join"
    around = [each[1] for each in _CTE.finditer(code, 0, use.start())]
    ways = re.findall(rf"{_JOIN}{around[-1]}\b", code) if around else []
    return set(ways) == {"left join"}


def _unprovided(facts: Facts, code: str) -> Iterator[str]:
    """Canonical objects that a model reads and of which there is no row."""
    for canonical in sorted(set(_OBJECT.findall(code))):
        providers = [
            source
            for source, objects in named_objects().items()
            if canonical in objects
        ]
        enabled = [source for source in providers if source in facts.enabled]
        if not enabled:
            some = ", ".join(providers) or "no source of dbt_project.yml"
            yield (
                f"no enabled source provides {canonical} ({some} could); enabled: "
                f"{', '.join(facts.enabled)}"
            )
        elif not any(
            facts.landed.get(table, 0)
            for source in enabled
            for table in facts.raw_tables(source, canonical)
        ):
            yield f"{', '.join(enabled)} provided no row of {canonical}"


def _finds_none(facts: Facts, unique_id: str) -> str:
    """A table whose inputs have rows, none of which is what it is about."""
    node = facts.node(unique_id)
    names = [each.split(".")[2] for each in facts.parents(unique_id)]
    read = [f"{n} ({facts.rows[n]:,} rows)" for n in names if facts.rows.get(n)]
    about = node["description"].rstrip(".")
    return (
        f"{node['name']} finds nothing in {', '.join(read) or 'what it reads'}; "
        f"it has {about[:1].lower()}{about[1:]}"
    )


def _nearest(facts: Facts, name: str) -> str:
    columns = {column for told in facts.tables.values() for column in told.columns}
    near = get_close_matches(name, [*facts.tables, *sorted(columns)], n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "`funnelhouse status` lists"
    hint += "" if near else " the tables"
    return f"no published table or column is called {name!r}; {hint}"
