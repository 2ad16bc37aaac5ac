"""Nights of an installation whose readers are on a PostgreSQL server."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from dagster_project.forgetting import forget
from dagster_project.settings import Settings
from tests.environment import restored_environment
from tests.flow.conftest import GOOD, decisions
from tests.flow.installation import Installation
from tests.postgresql.server import PASSWORD, Server, binaries, running

ADDRESS = "jane@example.com"
CONTACTS = {
    "plain/contacts_2026-01-31.csv": [{"contact_id": "c1", "email": ADDRESS}],
}

JOURNEYS = "select count(*) from f.fct_journeys"
UNTOLD = """
    select count(*) from pg_attribute
    where attrelid = 'f.fct_journeys'::regclass and attnum > 0
        and col_description(attrelid, attnum) is null
"""


@dataclass
class Served(Installation):
    """An installation that publishes to a server too."""

    url: str = ""

    @property
    def settings(self) -> Settings:
        return replace(
            super().settings,
            publish_to="postgresql",
            postgres_url=self.url,
            postgres_schema="f",
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = binaries()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed: initdb is nowhere to be found")
    with running(folder) as server:
        yield server


@pytest.mark.slow
def test_a_night_publishes_there_makes_up_for_it_and_forgets(
    server: Server, tmp_path: Path
) -> None:
    at = Served(tmp_path, url=Server(port=1).url())
    at.write({**GOOD, **CONTACTS})
    at.decide(decisions())

    failed = at.night()
    assert (failed.summary.exit_code, failed.current) == (1, "g000001"), failed.said
    assert "the files of g000001 are published, and PostgreSQL does not" in failed.said
    assert PASSWORD not in failed.said + failed.summary.trace
    assert failed.summary.report is not None

    at.url = server.url()
    made_up = at.night()
    assert made_up.summary.exit_code == 0, made_up.said
    assert (made_up.summary.outcome, made_up.current) == ("nothing to do", "g000001")
    assert "schema f of database postgres" in made_up.summary.postgresql
    with server.connect(autocommit=True) as connection:
        shown = "select generation from f.published_generation"
        assert connection.execute(shown).fetchall() == [("g000001",)]
        file = at.paths.generation("g000001") / "marts/fct_journeys.parquet"
        journeys = duckdb.sql(f"select count(*) from '{file}'").fetchall()
        assert connection.execute(JOURNEYS).fetchall() == journeys
        assert connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint "
            "where conrelid = 'f.fct_journeys'::regclass and contype = 'p'"
        ).fetchall() == [("PRIMARY KEY (journey_id)",)]
        assert connection.execute(UNTOLD).fetchall() == [(0,)]

        with restored_environment():
            done = forget(at.settings, ADDRESS)
        assert done.exit_code == 0
        assert "g000002" in done.server
        assert connection.execute(shown).fetchall() == [("g000002",)]
