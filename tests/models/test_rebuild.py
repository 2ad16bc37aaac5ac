"""The lake is the truth: marts do not depend on when or how it was filled."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.models.conftest import Built
from tests.models.oracle_comparison import (
    WatchedWarehouse,
    extracts,
    same,
    seeds,
    settings_of,
)
from tests.oracle.facts import Facts
from tests.warehouse import Marts, write_seeds

SEED = 1
NIGHTS = 3
# What tells of nights rather than of facts.
RUN_RECORDS = {"dq_load_audit": ("batch_id",)}
# Empty here: it tells of generations, and a test's build publishes none.
OF_GENERATIONS = {"fct_restatements"}
Tables = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def facts(built: Callable[[int], Built]) -> Facts:
    return built(SEED)[0]


@pytest.fixture(scope="module")
def at_once(built: Callable[[int], Built]) -> Tables:
    return tables(built(SEED)[1])


@pytest.fixture(scope="module")
def warehouse(workspace: Path, facts: Facts) -> WatchedWarehouse:
    warehouse = WatchedWarehouse(workspace)
    warehouse.facts = facts
    return warehouse


def tables(marts: Marts) -> Tables:
    """Rows of every mart, but for columns that tell which night brought them."""
    names = marts("""
        select table_name from information_schema.tables where table_schema = 'marts'
    """)
    return {
        name: [
            {key: row[key] for key in row.keys() - RUN_RECORDS.get(name, ())}
            for row in marts.rows(f'select * from marts."{name}"')
        ]
        for (name,) in sorted(names)
    }


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By the floats last: their last digits may depend on the order of a sum."""

    def key(row: dict[str, Any]) -> list[str]:
        floats = sorted(name for name in row if isinstance(row[name], float))
        others = sorted(row.keys() - set(floats))
        return [f"{name} {row[name]}" for name in others] + [
            f"{name} {row[name]:.6e}" for name in floats
        ]

    return sorted(rows, key=key)


def assert_equal(found: Tables, expected: Tables) -> None:
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert len(found[name]) == len(rows), name
        for left, right in zip(in_order(found[name]), in_order(rows), strict=True):
            assert left.keys() == right.keys()
            differing = {key for key in left if not same(left[key], right[key])}
            assert not differing, (name, left, right)


def test_the_marts_that_are_compared_hold_rows(at_once: Tables) -> None:
    filled = {name for name, rows in at_once.items() if rows}
    facts = {name for name in at_once if name.startswith("fct_")}
    assert facts - filled == OF_GENERATIONS
    assert len(filled) > 12


@pytest.mark.slow
def test_several_nights_in_another_order_and_a_lost_warehouse_change_nothing(
    warehouse: WatchedWarehouse, facts: Facts, at_once: Tables
) -> None:
    """Built in the end from the lake alone: neither extracts nor warehouse are left."""
    files = extracts(facts)
    names = sorted(files)
    Random(3).shuffle(names)  # noqa: S311
    warehouse.clear()
    write_seeds(warehouse.root / "seeds", seeds(facts))
    for night in range(NIGHTS):
        warehouse.write({name: files[name] for name in names[night::NIGHTS]})
        warehouse.land(**settings_of(facts))
    landed = (warehouse.root / "data/lake").glob("plain/*/_batch_id=n*")
    assert {path.name[-1] for path in landed} == {"1", "2", "3"}
    shutil.rmtree(warehouse.root / "extracts")
    warehouse.forget_warehouse()
    assert_equal(tables(warehouse.night(**settings_of(facts))), at_once)


def test_the_comparison_tells_a_changed_value_and_a_lost_row() -> None:
    expected = {"t": [{"key": "a", "rate": 0.5}, {"key": "b", "rate": 0.25}]}
    assert_equal({"t": expected["t"][::-1]}, expected)
    for wrong in (
        {"t": expected["t"][:1]},
        {"t": [{"key": "a", "rate": 0.5 + 1e-6}, expected["t"][1]]},
    ):
        with pytest.raises(AssertionError):
            assert_equal(wrong, expected)
