"""Macros that engines spell differently give the same rows, both read by DuckDB."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import jinja2
import pytest

from dagster_project.paths import DBT

START = datetime(2024, 1, 1)


def macros(name: str) -> Any:
    """The macros of a file as functions."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - SQL
    text = (DBT / "macros" / name).read_text(encoding="utf-8")
    plus = "{time} + to_seconds({seconds})".format
    given: dict[str, Callable[..., str]] = {
        "plus_seconds": lambda time, seconds: plus(time=time, seconds=seconds)
    }
    return environment.from_string(text, globals=given).module


def units(seed: int) -> list[tuple[str, int, int, bool]]:
    """Units, steps, seconds and whether they are entries, many of them tied."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    return [
        (
            chance.choice("uvw"),
            chance.choice([1, 1, 1, 2]),
            chance.randrange(120),
            chance.random() < 0.8,
        )
        for _ in range(120)
    ]


def answers(query: str, rows: list[tuple[str, int, int, bool]]) -> list[Any]:
    connection = duckdb.connect()
    connection.execute(
        "create table hits (unit_id text, step_order int, occurred_at timestamp, "
        "is_entry boolean)"
    )
    connection.executemany(
        "insert into hits values (?, ?, ?, ?)",
        [
            (unit, step, START + timedelta(seconds=at), is_entry)
            for unit, step, at, is_entry in rows
        ],
    )
    connection.execute(
        "create view entries as select distinct hash(unit_id) as unit_number, "
        "occurred_at from hits where step_order = 1 and is_entry"
    )
    connection.execute(
        "create view seconds as select distinct hash(unit_id) as unit_number, "
        "occurred_at, 3 as window_seconds from hits where step_order = 2"
    )
    return sorted(connection.execute(query).fetchall())


@pytest.mark.parametrize("seed", range(20))
def test_entries_before_second_steps_are_the_same_with_asof_and_by_one_sort(
    seed: int,
) -> None:
    funnels = macros("event_funnels.sql")
    by_asof, by_sort = (
        answers(spelled("seconds", "entries"), units(seed))
        for spelled in (funnels.default__last_before, funnels.spark__last_before)
    )
    assert by_asof == by_sort
    assert len(by_asof) > 5
