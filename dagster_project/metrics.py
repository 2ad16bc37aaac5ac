"""Metrics asked by name: MetricFlow's SQL, run on a published generation, read-only.

What a metric is stands in dbt/models/semantic; each generation bears the definitions
that it was built with, so that nothing has to be parsed to ask it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dagster_project.publishing import DATABASE

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlClient

DEFINITIONS = "semantic_manifest.json"
_TIME = "metric_time"
_GRAINS = ("day", "week", "month", "quarter", "year")
_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|<>|!=|=|<|>)\s*(.*?)\s*")


class MetricError(ValueError):
    """A question that has no answer; the message says what can be asked."""


@dataclass(frozen=True)
class Metric:
    """A figure that has a name; `cuts` are the names it may be asked by."""

    name: str
    label: str
    description: str
    cuts: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Answer:
    """Rows of a question; `reasons` say of metrics without any figure what to ask."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    reasons: tuple[str, ...] = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Asked:
    """What is asked: metrics, what they are cut by, conditions such as `name=value`."""

    metrics: Sequence[str]
    by: Sequence[str] = ()
    where: Sequence[str] = ()


@dataclass(frozen=True)
class Metrics:
    """The metrics of one generation.

    Raises, whatever is asked of it:
        MetricError: the definitions are not there, or nothing is called so.
    """

    folder: Path

    def all(self) -> list[Metric]:
        """Metrics that mean something by themselves, by name."""
        found = self._engine.list_metrics(include_dimensions=False)
        named = {each.name: each for each in found if not _is_input(each)}
        return [
            Metric(name, each.label or name, each.description or "", self._cuts([name]))
            for name, each in sorted(named.items())
        ]

    def ask(self, asked: Asked) -> Answer:
        """The answer, ordered by its cuts."""
        names = (*dict.fromkeys(asked.by), *dict.fromkeys(asked.metrics))
        rows = _fetched(self.folder / DATABASE, self.sql(asked))
        columns = zip(names, *rows, strict=True)
        empty = {name for name, *values in columns if set(values) == {None}}
        return Answer(names, rows, tuple(self._reasons(empty)))

    def sql(self, asked: Asked) -> str:
        """MetricFlow's SQL of a question."""
        from metricflow.engine.metricflow_engine import (
            MetricFlowQueryRequest,
            OutputColumnOrderMode,
        )

        for name in asked.metrics:
            self._refuse_unknown(name)
        cuts = self._dimensions(asked.metrics)
        by = [_cut(name, cuts) for name in dict.fromkeys(asked.by)]
        request = MetricFlowQueryRequest.create(
            metric_names=list(dict.fromkeys(asked.metrics)),
            group_by_names=by,
            where_constraints=[_condition(each, cuts) for each in asked.where] or None,
            order_by_names=by,
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        sql: str = self._engine.explain(request).sql_statement.without_descriptions.sql
        return sql

    @cached_property
    def _engine(self) -> "MetricFlowEngine":
        file = self.folder / DEFINITIONS
        if not file.is_file():
            raise MetricError(
                f"{self.folder.name} was published without metrics: `funnelhouse run` "
                "publishes anew"
            )
        return _engine(file.read_text(encoding="utf-8"))

    def _reasons(self, empty: Collection[str]) -> Iterator[str]:
        for each in self._engine.list_metrics(include_dimensions=False):
            if each.name in empty:
                yield f"{each.name} has no answer here: {each.description}"

    def _refuse_unknown(self, name: str) -> None:
        known = [
            each.name for each in self._engine.list_metrics(include_dimensions=False)
        ]
        if name not in known:
            told = "`funnelhouse metrics` lists them"
            raise MetricError(
                f"no metric is called {name!r}; {_near(name, known, told)}"
            )

    def _dimensions(self, metrics: Sequence[str]) -> dict[str, Any]:
        """What all these metrics may be cut by: short names, and MetricFlow's own."""
        found = self._engine.simple_dimensions_for_metrics(list(metrics))
        return {each.name: each for each in found}

    def _cuts(self, metrics: Sequence[str]) -> tuple[str, ...]:
        cuts = self._dimensions(metrics)
        finest = cuts.pop(_TIME).type_params.time_granularity.value
        return (*_GRAINS[_GRAINS.index(finest) :], *sorted(cuts))


def _engine(definitions: str) -> "MetricFlowEngine":
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import (
        parse_manifest_from_dbt_generated_manifest as parse,
    )
    from metricflow_semantics.model.semantic_manifest_lookup import (
        SemanticManifestLookup,
    )

    class Dialect:
        """All that MetricFlow needs of a client to write SQL and run none."""

        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    lookup = SemanticManifestLookup(parse(definitions))
    client = cast("SqlClient", Dialect())
    return MetricFlowEngine(semantic_manifest_lookup=lookup, sql_client=client)


def _fetched(file: Path, sql: str) -> tuple[tuple[Any, ...], ...]:
    import duckdb

    with duckdb.connect(str(file), read_only=True) as connection:
        try:
            rows = connection.execute(sql).fetchall()
        except duckdb.ConversionException as error:
            raise MetricError(f"a condition compares unlike things: {error}") from error
    return tuple(tuple(map(_plain, row)) for row in rows)


def _is_input(metric: Any) -> bool:
    return bool(metric.config and metric.config.meta.get("is_input"))


def _cut(name: str, cuts: Mapping[str, Any]) -> str:
    """MetricFlow's name of a cut: a grain of time, or a column."""
    if name in _GRAINS:
        return f"{_TIME}__{name}"
    if name not in cuts:
        known = [*_GRAINS, *sorted(each for each in cuts if each != _TIME)]
        told = f"there are {', '.join(known)}"
        raise MetricError(
            f"nothing to ask by is called {name!r}; {_near(name, known, told)}"
        )
    found: str = cuts[name].dunder_name
    return found


def _condition(text: str, cuts: Mapping[str, Any]) -> str:
    """`name=value` as MetricFlow filters by it."""
    read = _CONDITION.fullmatch(text)
    if not read or "{" in text:
        raise MetricError(
            f"{text!r} is no condition such as horizon_days=180 or month>=2026-01-01"
        )
    name, operator, value = read.groups()
    if name in _GRAINS:
        left = f"TimeDimension('{_TIME}', '{name}')"
    elif _cut(name, cuts) and cuts[name].type_params:
        grain = cuts[name].type_params.time_granularity.value
        left = f"TimeDimension('{cuts[name].dunder_name}', '{grain}')"
    else:
        left = f"Dimension('{cuts[name].dunder_name}')"
    return f"{{{{ {left} }}}} {operator} {_literal(value)}"


def _plain(value: Any) -> Any:
    """MetricFlow cuts no time finer than by days, and makes timestamps of them."""
    return value.date() if isinstance(value, datetime) else value


def _literal(value: str) -> str:
    """Always a text: DuckDB reads it as what the column is, a number or a code."""
    plain = value[1:-1] if value[:1] == value[-1:] == "'" else value
    return "'" + plain.replace("'", "''") + "'"


def _near(name: str, known: Sequence[str], told: str) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {', '.join(near)}?" if near else told
