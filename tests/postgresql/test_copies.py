"""What a PostgreSQL server shows of a generation: types, comments, keys, rows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, isnan

import pytest

from dagster_project.postgresql import PostgresError
from dagster_project.publishing import Description
from tests.postgresql.conftest import Installation

COLUMNS = """
    select attname, format_type(atttypid, atttypmod), attnotnull
    from pg_attribute where attrelid = 'f.{}'::regclass and attnum > 0
    order by attnum
"""
KEYS = """
    select pg_get_constraintdef(oid) from pg_constraint
    where conrelid = 'f.{}'::regclass and contype in ('p', 'u')
"""


def test_columns_have_the_types_of_the_contract(here: Installation) -> None:
    here.build(
        a="""select 1::bigint as b, 2::integer as i, 'x' as s, true as t,
        date '2026-02-28' as d, timestamp '2026-02-28 10:00:00.000001' as at,
        0.1::double as n, 1.50::decimal(9, 2) as m, 3::hugeint as h"""
    )
    here.copy()
    kinds = {name: kind for name, kind, _ in here.ask(COLUMNS.format("a"))}
    assert kinds == {
        "b": "bigint",
        "i": "integer",
        "s": "text",
        "t": "boolean",
        "d": "date",
        "at": "timestamp without time zone",
        "n": "double precision",
        "m": "numeric(9,2)",
        "h": "numeric",
    }
    moment = datetime(2026, 2, 28, 10, 0, 0, 1)
    row = (1, 2, "x", True, date(2026, 2, 28), moment, 0.1, Decimal("1.50"), 3)
    assert here.ask("select * from f.a") == [row]


def test_texts_and_numbers_arrive_as_they_are(here: Installation) -> None:
    texts = ["", "\\N", "\\.", "a\tb\nc\rd\\", "\n\\.\n", '"', "é€😀", "{}", None]
    told = ", ".join("null" if t is None else "'" + t + "'" for t in texts)
    here.build(
        a=f"select unnest([{told}]) as s, generate_subscripts([{told}], 1) as i",
        b="select unnest(['nan', 'inf', '1e-300', null]::double[]) as n",
        c="select 'a' || chr(0) || 'b' as s",
    )
    here.copy()
    assert [s for (s,) in here.ask("select s from f.a order by i")] == texts
    numbers = [n for (n,) in here.ask("select n from f.b")]
    assert isnan(numbers[0])
    assert numbers[1:] == [inf, 1e-300, None]
    # PostgreSQL has no character 0
    assert here.ask("select s from f.c") == [("a\ufffdb",)]


def test_descriptions_are_comments(here: Installation) -> None:
    told = Description("One row per a; it's %s.", {"n": "A \\ number.", "m": ""})
    here.build({"a": told}, a="select 1 as n, 2 as m")
    here.copy()
    assert here.ask(
        "select obj_description('f.a'::regclass), col_description('f.a'::regclass, 1), "
        "col_description('f.a'::regclass, 2)"
    ) == [("One row per a; it's %s.", "A \\ number.", None)]


def test_what_was_tested_of_every_row_is_a_constraint(here: Installation) -> None:
    key = Description("", {}, key=("n", "m"), required=("n",))
    primary = Description("", {}, key=("n",), required=("n",))
    here.build(
        {"a": key, "b": primary},
        a="select 1 as n, null::integer as m",
        b="select 1 as n",
    )
    here.copy()
    assert here.ask(KEYS.format("b")) == [("PRIMARY KEY (n)",)]
    ((unique,),) = here.ask(KEYS.format("a"))
    assert unique.startswith("UNIQUE")
    assert here.ask(COLUMNS.format("a")) == [
        ("n", "integer", True),
        ("m", "integer", False),
    ]


def test_a_table_says_which_generation_it_is(here: Installation) -> None:
    here.build(a="select 1 as n")
    before = datetime.now(UTC)
    here.copy()
    ((generation, as_of, names, loaded_at),) = here.ask(
        "select generation, as_of, table_names, loaded_at from f.published_generation"
    )
    assert (generation, as_of) == ("g000001", datetime(2026, 6, 30, 23, 59, 59))
    assert names == ["a"]
    assert loaded_at >= before


def test_the_same_generation_is_loaded_once(here: Installation) -> None:
    here.build(a="select 1 as n")
    assert here.copy().is_new
    query = "select 'f.a'::regclass::oid, loaded_at from f.published_generation"
    first = here.ask(query)
    again = here.copy()
    assert not again.is_new
    assert str(again).startswith(f"schema f of database {here.database} at 127.0.0.1:")
    assert here.ask(query) == first


def test_a_table_dropped_by_hand_is_loaded_again(here: Installation) -> None:
    here.build(a="select 1 as n", b="select 2 as n")
    here.copy()
    here.ask("drop table f.a")
    assert here.copy().is_new
    assert here.ask("select n from f.a") == [(1,)]


def test_a_new_generation_takes_the_place_of_the_old(here: Installation) -> None:
    here.build(a="select 1 as n", gone="select 1 as n")
    here.copy()
    here.ask("create table f.of_somebody as select 1 as n")
    # by hand: a mart that is gone is refused within a major version
    here.paths.current.unlink()
    here.build(a="select 2 as n, 'x' as s", b="select 3 as n")
    assert here.copy().generation == "g000002" == here.shown()
    assert here.ask("select n, s from f.a") == [(2, "x")]
    assert here.ask("select n from f.b") == [(3,)]
    assert here.ask("select to_regclass('f.gone'), to_regclass('f.of_somebody')") == [
        (None, "f.of_somebody")
    ]
    assert here.ask("select 1 from pg_namespace where nspname = 'f_loading'") == []


def test_an_earlier_generation_can_come_back(here: Installation) -> None:
    from dagster_project.publishing import rollback

    here.build(a="select 1 as n")
    here.build(a="select 2 as n")
    here.copy()
    rollback(here.paths)
    here.copy()
    assert here.ask("select n from f.a") == [(1,)]


def test_a_table_of_somebody_else_is_left_alone(here: Installation) -> None:
    here.ask("create schema f; create table f.a as select 9 as n")
    here.build(a="select 1 as n")
    with pytest.raises(PostgresError, match="holds a, which this never published"):
        here.copy()
    assert here.ask("select n from f.a") == [(9,)]


def test_a_type_without_a_counterpart_is_told_by_its_column(here: Installation) -> None:
    here.build(a="select [1, 2] as n")
    with pytest.raises(PostgresError, match=r"column a\.n is INTEGER\[\]"):
        here.copy()


def test_rows_that_break_a_promise_are_not_shown(here: Installation) -> None:
    here.build(a="select 1 as n")
    here.copy()
    told = Description("", {}, key=("n",), required=("n",))
    here.build({"a": told}, a="select 1 as n from range(2)")
    with pytest.raises(PostgresError, match="PostgreSQL does not show them"):
        here.copy()
    assert here.shown() == "g000001"
