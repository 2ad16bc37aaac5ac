"""A whole warehouse for a test: rows in as extracts, the real models, rows out."""

import csv
import io
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from dagster_project.landing import (
    freeze_run,
    land,
    next_batch_id,
    read_contracts,
    sweep_orphans,
)
from dagster_project.paths import Paths
from dagster_project.publishing import next_generation
from dagster_project.restating import freeze_ingredients
from dagster_project.settings import ROOT, Settings
from dagster_project.transforming import Project, build, load_project

Row = Mapping[str, Any]
Rows = Sequence[Row]
Files = Mapping[str, str | bytes | Rows]
Seeds = Mapping[str, Rows]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def as_csv(rows: Rows) -> str:
    """CSV with the columns of all rows, in the order of first appearance."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([as_text(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def as_jsonl(rows: Rows) -> str:
    return "".join(json.dumps(row, default=as_text) + "\n" for row in rows)


def write_files(folder: Path, files: Files) -> None:
    """Rows become CSV or JSONL by the ending of the file's name."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_bytes(name, content))


def write_seeds(folder: Path, seeds: Seeds) -> None:
    """The project's seeds, some replaced; a seed without rows keeps its header."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "seeds", folder)
    for name, rows in seeds.items():
        path = folder / f"{name}.csv"
        header = path.read_text(encoding="utf-8").splitlines()[0]
        path.write_text(as_csv(rows) if rows else f"{header}\n", encoding="utf-8")


@dataclass(frozen=True)
class Marts:
    """The tables of one build, to ask; the file stays open, so nobody may write it.

    Attributes:
        compiled: the SQL that dbt made of each model, also of builds before.
    """

    file: Path
    compiled: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        # views name the catalog that they were built in, whatever the file is called
        connection = duckdb.connect()
        connection.execute(f"attach '{self.file}' as funnelhouse (read_only)")
        connection.execute("use funnelhouse")
        return connection

    def __call__(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query; `values` stand for its question marks."""
        return self.connection.execute(query, values).fetchall()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a query by the names of its columns."""
        answer = self.connection.execute(query, values)
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]

    def one(self, query: str, *values: Any) -> tuple[Any, ...]:
        """The only row of a query."""
        (row,) = self(query, *values)
        return row


@dataclass
class Warehouse:
    """One workspace below `root`; what a build made stays as it was in its `Marts`."""

    root: Path

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(
            {
                "FUNNELHOUSE_DATA": str(self.root / "data"),
                "FUNNELHOUSE_EXTRACTS": str(self.root / "extracts"),
                "FUNNELHOUSE_SEEDS": str(self.root / "seeds"),
                "FUNNELHOUSE_THREADS": "2",
                "FUNNELHOUSE_PII_SALT": "salt of the tests",
            }
        )

    @property
    def file(self) -> Path:
        return Paths.of(self.settings).warehouse

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the newest build."""
        marts = Marts(self.file)
        with closing(marts.connection):
            return marts.rows(query)

    def write(self, files: Files) -> None:
        write_files(self.root / "extracts", files)

    def clear(self) -> None:
        for folder in ("extracts", "data/lake"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        self.forget_warehouse()

    def forget_warehouse(self) -> None:
        self.file.unlink(missing_ok=True)

    def build(self, files: Files, *, seeds: Seeds | None = None, **how: Any) -> Marts:
        """Files to marts, in a new lake; `how` as in `night`.

        Raises:
            AssertionError: a model or one of dbt's tests fails.
        """
        self.clear()
        write_seeds(self.root / "seeds", seeds or {})
        self.write(files)
        return self.night(**how)

    def night(
        self, *, models: Sequence[str] = (), with_tests: bool = False, **how: Any
    ) -> Marts:
        """Land what is new, and build `models` and all they need (default: all).

        Raises:
            AssertionError: a model or one of dbt's tests fails.
        """
        with patch.dict(os.environ):
            project = self.land(**how)
            names = [f"+{name}" for name in models]
            names = names or project.selection(project.staged | project.built)
            selection = "buildable" if with_tests else "empty"
            outcomes = build(names, selection, False, lambda _: None)
        faults = [str(each) for each in outcomes if each.is_fault or each.is_refused]
        assert not faults, "\n".join(faults)
        return self._kept()

    def land(
        self,
        *,
        sources: str = "plain",
        timezone: str = "UTC",
        home_currency: str = "USD",
        as_of: datetime | None = None,
    ) -> Project:
        """Land what is new, and freeze what a build is a function of."""
        settings = replace(
            self.settings,
            sources=tuple(sources.split(",")),
            timezone=timezone,
            home_currency=home_currency,
        )
        project = load_project(settings)
        contracts = read_contracts(project.manifest, project.sources)
        sweep_orphans(project.paths)
        batch_id = next_batch_id(project.paths)
        for contract in contracts:
            land(contract, project.paths, batch_id)
        freeze_run(contracts, project.paths, settings, as_of)
        freeze_ingredients(project.paths, settings, next_generation(project.paths))
        self.freeze(project.paths.lake)
        return project

    def restore(self, marts: Marts) -> None:
        """Put a kept build in the place of the newest."""
        shutil.copy(marts.file, self.file)

    def freeze(self, lake: Path) -> None:
        """What a test changes of a frozen run before it is built."""

    def _kept(self) -> Marts:
        """A copy, which the next build leaves alone."""
        folder = self.root / "kept"
        folder.mkdir(exist_ok=True)
        number = len(list(folder.iterdir())) + 1
        kept = folder / f"build_{number}.duckdb"
        shutil.copy(self.file, kept)
        compiled = (Paths.of(self.settings).dbt_target / "compiled").rglob("*.sql")
        return Marts(kept, {path.stem: path.read_text("utf-8") for path in compiled})


def _bytes(name: str, content: str | bytes | Rows) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode("utf-8")
    return (as_jsonl if ".jsonl" in name else as_csv)(content).encode("utf-8")
