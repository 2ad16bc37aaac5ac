"""A database a test, and generations with made-up tables to publish to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.ingredients import Ingredients
from dagster_project.paths import Paths
from dagster_project.postgresql import Copy, publish_current
from dagster_project.postgresql.swapping import Patience
from dagster_project.publishing import Description, build_generation, publish
from dagster_project.settings import Settings
from tests.postgresql.server import Server, binaries, running

IMPATIENT = Patience(wait_milliseconds=200, pause_seconds=0.05, seconds=1)
_databases = count(1)


@dataclass(frozen=True)
class Installation:
    """An installation and the database that it publishes to."""

    settings: Settings
    server: Server
    database: str

    @property
    def paths(self) -> Paths:
        return Paths.of(self.settings)

    def build(
        self, told: Mapping[str, Description] | None = None, **tables: str
    ) -> str:
        """Publish the files of a generation: tables by name, from queries."""
        self.paths.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self.paths.warehouse)) as connection:
            connection.execute("drop schema if exists marts cascade")
            connection.execute("create schema marts")
            for name, query in tables.items():
                connection.execute(f"create table marts.{name} as {query}")
        made_of = Ingredients("1.0.0", str(tables), "2026-06-30T23:59:59", {}, {}, [])
        folder, _ = build_generation(self.paths, [*tables], made_of, told or {})
        return publish(self.paths, folder, 7).name

    def copy(self, patience: Patience = IMPATIENT, **settings: Any) -> Copy:
        return publish_current(replace(self.settings, **settings), self.paths, patience)

    def ask(self, query: str, user: str = "owner") -> list[tuple[Any, ...]]:
        with self.server.connect(self.database, user, autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def shown(self) -> str:
        ((generation,),) = self.ask("select generation from f.published_generation")
        return str(generation)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for the session."""
    folder = binaries()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed: initdb is nowhere to be found")
    with running(folder) as server:
        yield server


@pytest.fixture
def here(server: Server, tmp_path: Path) -> Installation:
    """A database of the test's own, and an installation that publishes to it."""
    database = f"d{next(_databases)}"
    with server.connect(autocommit=True) as connection:
        connection.execute(f"create database {database}")  # type: ignore[call-overload]
    settings = Settings.from_environment(
        {
            "FUNNELHOUSE_DATA": str(tmp_path / "data"),
            "FUNNELHOUSE_POSTGRES_URL": server.url(database),
            "FUNNELHOUSE_POSTGRES_SCHEMA": "f",
            "FUNNELHOUSE_MEMORY_LIMIT": "500MB",
        }
    )
    return Installation(settings, server, database)
