"""Joins that could go by a key do: all rows against all would take hours at size."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.paths import DBT
from tests.models.conftest import Built

ALL_AGAINST_ALL = ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN")
OF_COLUMNS = re.compile(r"\b[a-z]\w* = [a-z]\w*")
# Spellings of stages against their aliases: tens of either, whatever the company.
FEW_BY_NATURE = {"gate_stage_labels", "int_stage_spellings"}
KEYS = """
    create table one as
    select i as id, i % 2 = 0 as is_even, i as moment from range(100) as t (i);
    create table other as select i as id, i as moment from range(100) as t (i);
"""


def settings_of_profile() -> dict[str, Any]:
    """What `dbt/profiles.yml` sets by itself, not by the environment."""
    profiles = yaml.safe_load((DBT / "profiles.yml").read_text("utf-8"))
    found = profiles["funnelhouse"]["outputs"]["duckdb"]["settings"]
    return {name: value for name, value in found.items() if "{{" not in str(value)}


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan["children"]:
        yield from nodes(child)


def keys_not_used(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Conditions with an equality of columns in joins of all rows with all."""
    explained = connection.execute(f"explain (format json) {query}").fetchall()[0][1]
    found = []
    for node in (node for plan in json.loads(explained) for node in nodes(plan)):
        told = node["extra_info"]
        condition = str(told.get("Conditions") or told.get("Condition") or "")
        if node["name"].strip() in ALL_AGAINST_ALL and OF_COLUMNS.search(condition):
            found.append(condition)
    return found


def test_no_model_joins_all_rows_with_all_where_it_has_a_key(
    built: Callable[[int], Built],
) -> None:
    _, marts = built(1)
    tables = marts("select table_name from duckdb_tables()")
    models = {
        name: marts.compiled[name] for (name,) in tables if name in marts.compiled
    }
    assert len(models) > 200
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{marts.file}' as funnelhouse (read_only)")
        for name, value in settings_of_profile().items():
            connection.execute(f"set {name} = '{value}'")
        found = {
            name: keys
            for name, query in models.items()
            if name not in FEW_BY_NATURE and (keys := keys_not_used(connection, query))
        }
    assert found == {}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("one.id = other.id", 0),
        ("one.id = other.id and one.is_even", 1),
        ("one.id = other.id or one.id = 7 - other.id", 1),
        ("one.id < other.id", 0),
    ],
)
def test_a_left_join_that_asks_more_than_its_key_is_found(
    condition: str, expected: int
) -> None:
    with closing(duckdb.connect()) as connection:
        connection.execute(KEYS)
        query = f"select * from one left join other on {condition}"
        assert len(keys_not_used(connection, query)) == expected


def test_an_asof_join_of_few_rows_goes_by_its_key_too() -> None:
    query = """
        select * from (from one limit 3) as one
        asof join other on one.id = other.id and one.moment >= other.moment
    """
    with closing(duckdb.connect()) as connection:
        connection.execute(KEYS)
        before = keys_not_used(connection, query)
        for name, value in settings_of_profile().items():
            connection.execute(f"set {name} = '{value}'")
        assert (len(before), keys_not_used(connection, query)) == (1, [])
