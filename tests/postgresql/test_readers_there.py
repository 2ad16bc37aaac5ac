"""Readers of a PostgreSQL server while generations are switched under them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from dagster_project.postgresql import PostgresError
from dagster_project.postgresql.swapping import Patience
from dagster_project.publishing import Description
from tests.postgresql.conftest import Installation

PATIENT = Patience(pause_seconds=0.05)
QUESTIONS = (
    "select n from f.a",
    "select min(n) from f.b",
    "select substring(generation, 2)::integer from f.published_generation",
    "select max(n) from f.b",
)


def generation(here: Installation, number: int) -> None:
    """Tables that say which generation they are of, in every row."""
    here.build(
        a=f"select {number} as n",
        b=f"select {number} as n from range(20000)",
    )


class Reader(threading.Thread):
    """Reads all tables in one transaction, again and again."""

    def __init__(self, here: Installation, isolation: psycopg.IsolationLevel) -> None:
        super().__init__()
        self.here, self.isolation = here, isolation
        self.stopped = threading.Event()
        self.seen: list[set[Any]] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with self.here.server.connect(self.here.database) as connection:
                connection.isolation_level = self.isolation
                while not self.stopped.is_set():
                    with connection.transaction():
                        self.seen.append(self.read(connection))
        except Exception as error:
            self.error = error

    def read(self, connection: psycopg.Connection[Any]) -> set[Any]:
        connection.execute("select 1")
        answers = [connection.execute(query).fetchall() for query in QUESTIONS]
        return {number for rows in answers for (number,) in rows}


@contextmanager
def reading(here: Installation) -> Iterator[list[Reader]]:
    levels = psycopg.IsolationLevel
    each = (levels.READ_COMMITTED, levels.REPEATABLE_READ) * 2
    readers = [Reader(here, level) for level in each]
    for reader in readers:
        reader.start()
    try:
        yield readers
    finally:
        for reader in readers:
            reader.stopped.set()
        for reader in readers:
            reader.join()


@pytest.mark.parametrize("with_view", [False, True], ids=["moved", "refilled"])
def test_a_transaction_sees_one_whole_generation(
    here: Installation, with_view: bool
) -> None:
    generation(here, 1)
    here.copy()
    if with_view:
        here.ask("create view public.mine as select n from f.a")
    with reading(here) as readers:
        for number in range(2, 8):
            generation(here, number)
            here.copy(PATIENT)
    assert [reader.error for reader in readers] == [None] * len(readers)
    seen = [numbers for reader in readers for numbers in reader.seen]
    assert {len(numbers) for numbers in seen} == {1}
    assert len(set().union(*seen)) > 3


def test_a_transaction_that_begins_before_finds_no_empty_table(
    here: Installation,
) -> None:
    generation(here, 1)
    here.copy()
    with here.server.connect(here.database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select 1 from pg_class")
        generation(here, 2)
        here.copy()
        assert connection.execute("select max(n), count(*) from f.b").fetchall() == [
            (2, 20000)
        ]


def test_a_reader_that_stays_is_waited_for_and_then_named(here: Installation) -> None:
    generation(here, 1)
    here.copy()
    generation(here, 2)
    with here.server.connect(here.database, application_name="old tool") as connection:
        (numbers,) = connection.execute("select n from f.a").fetchall()
        pid = connection.info.backend_pid
        with pytest.raises(PostgresError) as caught:
            here.copy()
        told = str(caught.value)
        assert f"process {pid} of user owner with old tool" in told
        assert "files of g000002 are published" in told
        assert connection.execute("select n from f.a").fetchone() == numbers
    assert here.shown() == "g000001"
    here.copy()
    assert here.shown() == "g000002"


def test_a_reader_that_ends_in_time_only_delays(here: Installation) -> None:
    generation(here, 1)
    here.copy()
    generation(here, 2)
    with here.server.connect(here.database) as connection:
        connection.execute("select n from f.a")
        timer = threading.Timer(1.5, connection.rollback)
        timer.start()
        here.copy(PATIENT)
        timer.join()
    assert here.shown() == "g000002"


def test_a_view_of_a_user_stays_and_shows_the_new_rows(here: Installation) -> None:
    here.build(a="select 1 as n", b="select 1 as n")
    here.copy()
    here.ask("create view public.mine as select n * 10 as n from f.a")
    here.ask("create view f.also as select n from public.mine")
    here.build(a="select unnest([2, 3]) as n", b="select 2 as n")
    here.copy()
    assert here.ask("select n from f.also order by n") == [(20,), (30,)]
    assert here.ask("select n from f.b") == [(2,)]
    assert here.shown() == "g000002"
    assert here.ask("select count(*) from f.published_generation") == [(1,)]


def test_a_table_under_a_view_takes_new_columns_keys_and_comments(
    here: Installation,
) -> None:
    here.build({"a": Description("Old.", {})}, a="select 1 as n, 2 as gone")
    here.copy()
    here.ask("create view public.mine as select n from f.a")
    here.paths.current.unlink()
    told = Description("New.", {"s": "Text."}, key=("s",), required=("n", "s"))
    here.build({"a": told}, a="select 2 as n, 'x' as s", b="select 1 as n")
    here.copy()
    assert here.ask("select mine.n, a.s from public.mine, f.a") == [(2, "x")]
    assert here.ask(
        "select obj_description('f.a'::regclass), pg_get_constraintdef(oid) "
        "from pg_constraint where conrelid = 'f.a'::regclass"
    ) == [("New.", "PRIMARY KEY (s)")]
    assert here.ask(
        "select attname from pg_attribute where attrelid = 'f.a'::regclass "
        "and attnum > 0 and not attisdropped"
    ) == [("n",), ("s",)]
    assert here.ask("select n from f.b") == [(1,)]


def test_a_table_under_a_view_takes_any_other_type(here: Installation) -> None:
    here.build(a="select 1 as n, 'x' as s, true as flag, date '2024-01-31' as day")
    here.copy()
    here.ask("create view public.mine as select n from f.a")
    here.paths.current.unlink()
    here.build(a="select 2 as n, 0.5::double as s, 7 as flag, 8 as day")
    here.copy()
    assert here.ask("select mine.n, s, flag, day from public.mine, f.a") == [
        (2, 0.5, 7, 8)
    ]


def test_a_column_that_a_view_needs_is_not_dropped(here: Installation) -> None:
    here.build(a="select 1 as n, 2 as m")
    here.copy()
    here.ask("create view public.mine as select m from f.a")
    here.paths.current.unlink()
    here.build(a="select 2 as n")
    with pytest.raises(PostgresError, match="view mine depends on column m"):
        here.copy()
    assert here.ask("select m from public.mine") == [(2,)]


def test_the_readers_role_reads_and_does_nothing_else(here: Installation) -> None:
    here.build(a="select 1 as n")
    role = f"reader_{here.database}"
    with pytest.raises(PostgresError, match=f'create role "{role}"'):
        here.copy(postgres_reader=role)
    assert here.ask("select 1 from pg_namespace where nspname = 'f'") == []
    here.ask(f"create role {role} login password 's3cret@of/the:tests'")
    for number in (2, 3):
        here.copy(postgres_reader=role)
        assert here.ask("select n from f.a", role) == [(number - 1,)]
        assert here.ask("select count(*) from f.published_generation", role) == [(1,)]
        for refused in (
            "insert into f.a values (1)",
            "update f.a set n = 2",
            "delete from f.a",
            "truncate f.a",
            "drop table f.a",
            "create table f.x (n integer)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                here.ask(refused, role)
        here.build(a=f"select {number} as n")
