"""A whole warehouse for a test: rows in as extracts, the real models, rows out."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.landing import freeze_run, land, next_batch_id, read_contracts
from dagster_project.landing import sweep_orphans
from dagster_project.paths import Paths
from dagster_project.settings import ROOT, Settings
from dagster_project.transforming import build, load_project

Row = Mapping[str, Any]
Rows = Sequence[Row]


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


@dataclass
class Warehouse:
    """One workspace below `root`; each build begins anew."""

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

    def write(self, files: Mapping[str, str | bytes | Rows]) -> None:
        """Write extracts; rows become CSV or JSONL by the name's ending."""
        for name, content in files.items():
            path = self.root / "extracts" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_bytes(name, content))

    def write_seeds(self, seeds: Mapping[str, Rows]) -> None:
        """The project's seeds, some replaced; a seed without rows keeps its header."""
        folder = self.root / "seeds"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "seeds", folder)
        for name, rows in seeds.items():
            path = folder / f"{name}.csv"
            header = path.read_text(encoding="utf-8").splitlines()[0]
            text = as_csv(rows) if rows else f"{header}\n"
            path.write_text(text, encoding="utf-8")

    def clear(self) -> None:
        for folder in ("extracts", "data/lake"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        self.forget_warehouse()

    def forget_warehouse(self) -> None:
        (self.root / "data/warehouse/funnelhouse.duckdb").unlink(missing_ok=True)

    def build(
        self,
        files: Mapping[str, str | bytes | Rows],
        *,
        seeds: Mapping[str, Rows] | None = None,
        sources: str = "plain",
        timezone: str = "UTC",
        home_currency: str = "USD",
        as_of: datetime | None = None,
        with_tests: bool = True,
    ) -> "Warehouse":
        """Files to marts, in a new lake.

        Raises:
            AssertionError: a model or one of dbt's tests fails.
        """
        self.clear()
        self.write_seeds(seeds or {})
        self.write(files)
        return self.night(
            sources=sources,
            timezone=timezone,
            home_currency=home_currency,
            as_of=as_of,
            with_tests=with_tests,
        )

    def night(
        self,
        *,
        sources: str = "plain",
        timezone: str = "UTC",
        home_currency: str = "USD",
        as_of: datetime | None = None,
        with_tests: bool = True,
    ) -> "Warehouse":
        """Land what is new, and build everything."""
        settings = replace(
            self.settings,
            sources=tuple(sources.split(",")),
            timezone=timezone,
            home_currency=home_currency,
        )
        project = load_project(settings)
        paths = Paths.of(settings)
        contracts = read_contracts(project.manifest, project.sources)
        sweep_orphans(paths)
        batch_id = next_batch_id(paths)
        for contract in contracts:
            land(contract, paths, batch_id)
        freeze_run(contracts, paths, settings, as_of)
        self.freeze(paths.lake)
        names = project.names(project.staged | project.built)
        outcomes = build(names, "buildable" if with_tests else "empty", False, lambda _: None)
        faults = [str(each) for each in outcomes if each.is_fault or each.is_refused]
        assert not faults, "\n".join(faults)
        return self

    def freeze(self, lake: Path) -> None:
        """What a test changes of a frozen run before it is built."""

    def __call__(self, query: str) -> list[tuple[Any, ...]]:
        return self.frame(query).fetchall()

    def rows(self, query: str) -> list[dict[str, Any]]:
        relation = self.frame(query)
        columns = [each[0] for each in relation.description]
        return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]

    def frame(self, query: str) -> duckdb.DuckDBPyConnection:
        path = self.root / "data/warehouse/funnelhouse.duckdb"
        return duckdb.connect(str(path), read_only=True).execute(query)


def _bytes(name: str, content: str | bytes | Rows) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode("utf-8")
    return (as_jsonl if ".jsonl" in name else as_csv)(content).encode("utf-8")
