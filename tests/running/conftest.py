"""A small installation with a warehouse as dbt would leave it."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.fingerprints import NEWEST_STORAGE
from dagster_project.ingredients import Ingredients
from dagster_project.paths import Paths
from dagster_project.publishing import build_generation, publish
from dagster_project.settings import Settings

Publisher = Callable[..., Path]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"FUNNELHOUSE_DATA": str(tmp_path / "data")})


@pytest.fixture
def paths(settings: Settings) -> Paths:
    made = Paths.of(settings)
    made.warehouse.parent.mkdir(parents=True)
    return made


def fill_warehouse(paths: Paths, **tables: str) -> None:
    """Make each mart anew from a query."""
    with duckdb.connect(str(paths.warehouse), config=NEWEST_STORAGE) as connection:
        connection.execute("drop schema if exists marts cascade")
        connection.execute("create schema marts")
        for name, query in tables.items():
            connection.execute(f"create table marts.{name} as {query}")


def ingredients(run_key: str = "a", version: str = "1.0.0") -> Ingredients:
    return Ingredients(version, run_key, "2026-06-30T23:59:59", {}, {}, [])


@pytest.fixture
def publish_tables(paths: Paths) -> Publisher:
    """Fill the warehouse and publish it: tables by name, from queries."""

    def make(version: str = "1.0.0", keep: int = 7, **tables: str) -> Path:
        fill_warehouse(paths, **tables)
        folder, _ = build_generation(
            paths, list(tables), ingredients(version=version), {}
        )
        return publish(paths, folder, keep)

    return make


def read(folder: Path, query: str) -> list[tuple[object, ...]]:
    """Ask a published file."""
    file = str(folder / "funnelhouse.duckdb")
    with contextlib.closing(duckdb.connect(file, read_only=True)) as connection:
        return connection.execute(query).fetchall()
