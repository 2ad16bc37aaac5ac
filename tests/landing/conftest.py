"""A small installation to land into, and ways to look at what was landed."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.landing import (
    Column,
    Contract,
    ExtractedAt,
    FileOutcome,
    Landing,
    Run,
    freeze_run,
    land,
    next_batch_id,
)
from dagster_project.paths import Paths
from dagster_project.settings import Settings

FIXED = ExtractedAt(fixed=datetime(2024, 1, 31, 23, 59, 59))
BY_PATH = ExtractedAt(path=r"(\d{4}-\d{2}-\d{2})")


def contract(format: str = "csv", **changes: Any) -> Contract:
    """A made-up table `crm.deal` with columns id (required) and amount (not)."""
    stated: dict[str, Any] = {
        "source_code": "crm",
        "table_name": "deal",
        "files": (f"*.{format}",),
        "format": format,
        "extracted_at": FIXED,
        "columns": (Column("id"), Column("amount", required=False)),
    }
    return Contract(**(stated | changes))


@dataclass
class House:
    """One installation below a temporary folder."""

    settings: Settings
    paths: Paths
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, name: str, content: bytes | str) -> Path:
        path = self.paths.extracts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, given: Contract | None = None) -> Landing:
        return land(given or contract(), self.paths, next_batch_id(self.paths))

    def land_one(
        self, content: bytes | str, given: Contract | None = None, name: str = ""
    ) -> FileOutcome:
        """Land one new file and give its outcome."""
        given = given or contract()
        name = name or f"file{next(self.numbers)}.{given.format}"
        self.put(name, content)
        [outcome] = [o for o in self.land(given).files if o.file_name == name]
        return outcome

    def freeze(
        self, given: Contract | None = None, as_of: datetime | None = None
    ) -> Run:
        return freeze_run([given or contract()], self.paths, self.settings, as_of)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL in which {raw}, {rejects} and {manifest} are the lake's files."""
        globs = {
            "raw": f"{self.paths.lake}/crm/deal/**/*.parquet",
            "rejects": f"{self.paths.rejects}/*.parquet",
            "manifest": f"{self.paths.manifest}/*.parquet",
        }
        tables = {
            name: f"read_parquet('{path}', hive_partitioning = true, "
            "hive_types_autocast = false, union_by_name = true)"
            for name, path in globs.items()
        }
        with duckdb.connect() as connection:
            return connection.execute(sql.format(**tables)).fetchall()

    def rows(self, columns: str = "id, amount") -> list[tuple[Any, ...]]:
        return self.query(
            f"select {columns} from {{raw}} order by _source_file, _source_row"
        )

    def rejects(self) -> list[tuple[int, str]]:
        return self.query("select line_number, raw_text from {rejects} order by all")


def make_house(root: Path) -> House:
    settings = Settings.from_environment({"FUNNELHOUSE_DATA": str(root)})
    settings.extracts.mkdir(parents=True, exist_ok=True)
    return House(settings, Paths.of(settings))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path)
