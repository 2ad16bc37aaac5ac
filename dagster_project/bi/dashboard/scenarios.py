"""What gains at steps would add, by the project's own models, on rates published.

Renders three dbt models on small tables that stand in for what they read; how gains
compound is said there and nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from dagster_project.bi.facts import Table, select
from dagster_project.paths import DBT

_MODELS = ("int_play_sets", "int_play_effects", "fct_uplift_scenarios")
_ORDER = "select * from fct_uplift_scenarios order by scenario_code, place"


@dataclass(frozen=True)
class Gain:
    """What a person thinks a step could gain, in the words of seeds/plays.csv."""

    stage_code: str
    gain: float
    gain_unit: str


def scenarios(rates: Table, gains: Sequence[Gain]) -> Table:
    """The rows of `fct_uplift_scenarios` with these gains; `rates` of one pipeline."""
    with duckdb.connect() as connection:
        _fill(connection, "int_step_rates", rates.records())
        (pipeline,) = rates.values("pipeline_code")
        plays = [{"pipeline_code": pipeline, **_play(gain)} for gain in gains]
        _fill(connection, "plays", plays)
        for model in _MODELS:
            connection.execute(f"create view {model} as {_rendered(model)}")
        return select(connection, _ORDER)


def _play(gain: Gain) -> dict[str, Any]:
    return {"play_code": gain.stage_code, **vars(gain)}


_COLUMNS = {
    "int_step_rates": "pipeline_code varchar, stage_code varchar, horizon_days integer,"
    " step_number integer, is_sale boolean, reached_count bigint,"
    " reached_amount double, step_rate double",
    "plays": "pipeline_code varchar, play_code varchar, stage_code varchar,"
    " gain double, gain_unit varchar",
}


def _fill(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    connection.execute(f"create table {table} ({_COLUMNS[table]})")
    names = [column.split()[0] for column in _COLUMNS[table].split(",")]
    marks = ", ".join("?" for _ in names)
    for row in rows:
        values = [row[name] for name in names]
        connection.execute(f"insert into {table} values ({marks})", values)  # noqa: S608


@cache
def _rendered(model: str) -> str:
    """A model's SQL, each `ref` the plain name of what stands in for it."""
    (file,) = (DBT / "models").rglob(f"{model}.sql")
    environment = _environment()
    return environment.from_string(file.read_text(encoding="utf-8")).render(
        ref=lambda name: name, product_of=_macro(environment, "product_of")
    )


def _environment() -> jinja2.Environment:
    # SQL, not HTML: nothing that a person types gets into it.
    return jinja2.Environment(  # noqa: S701
        undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"]
    )


def _macro(environment: jinja2.Environment, name: str) -> Callable[..., str]:
    """The project's macro as DuckDB gets it, where none of its own is declared."""
    macros: Path = DBT / "macros" / "engine.sql"
    template = environment.from_string(macros.read_text(encoding="utf-8"))
    module = template.make_module()
    found = getattr(module, f"duckdb__{name}", None)
    chosen: Callable[..., str] = found or getattr(module, f"default__{name}")
    return chosen
