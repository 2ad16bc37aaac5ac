"""The marts that Spark builds from the same lake are those that DuckDB builds."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.night import NightSummary, Progress, run_night
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from tests.environment import restored_environment
from tests.spark.cluster import Cluster, cluster
from tests.spark.company import FIRST_NIGHT, write_company
from tests.spark.comparison import differences

PYTHON = Path(os.environ["FUNNELHOUSE_SPARK_PYTHON"])
SALT = "3f" * 32
# It tells what nights took, not what they found.
OF_ENGINES = {"dq_run_stats"}


@dataclass
class Twins:
    """Two installations with one folder of extracts, one for each engine."""

    root: Path
    cluster: Cluster
    company: dict[str, str]
    killed: int = 0

    def settings(self, engine: str) -> Settings:
        return Settings.from_environment(
            {
                **self.company,
                "FUNNELHOUSE_DATA": str(self.root / engine),
                "FUNNELHOUSE_PII_SALT": SALT,
                "FUNNELHOUSE_THREADS": "3" if engine == "spark" else "2",
                "FUNNELHOUSE_ENGINE": engine,
            }
        )

    def night(
        self, engine: str, as_of: datetime | None, *, killing: bool = False
    ) -> NightSummary:
        with restored_environment():
            os.environ["FUNNELHOUSE_SPARK_PORT"] = str(self.cluster.port)
            observe = self._kill_in_mid_build if killing else None
            began = time.monotonic()
            summary = run_night(self.settings(engine), as_of=as_of, observe=observe)
        print(f"{engine}: {summary.outcome} in {time.monotonic() - began:.0f} s")  # noqa: T201
        assert summary.outcome == "published", summary.message
        return summary

    def both(self, as_of: datetime | None, *, killing: bool = False) -> dict[str, str]:
        """A night on each; what differs between the generations that came of it."""
        for engine in ("duckdb", "spark"):
            self.night(engine, as_of, killing=killing and engine == "spark")
        told, other = self.marts("duckdb"), self.marts("spark")
        found = differences(told, other)
        return {name: found[name] for name in found.keys() - OF_ENGINES}

    def marts(self, engine: str) -> Path:
        return Paths.of(self.settings(engine)).current.resolve() / "marts"

    def empty(self) -> set[str]:
        """Marts that say nothing of whether engines agree."""
        files = self.marts("duckdb").glob("*.parquet")
        counted = {
            path.stem: duckdb.sql(f"from read_parquet('{path}') limit 1").fetchone()
            for path in files
        }
        return {name for name, row in counted.items() if row is None}

    def _kill_in_mid_build(self, progress: Progress) -> None:
        if progress.kind == "began" and progress.step == "mart":
            threading.Timer(30, self._kill).start()

    def _kill(self) -> None:
        self.killed = self.cluster.kill_executor()


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    root = tmp_path_factory.mktemp("spark")
    company = write_company(root)
    with cluster(PYTHON, root / "cluster", SALT) as running:
        yield Twins(root, running, company)
    shutil.rmtree(root, ignore_errors=True)


def test_every_mart_of_a_night_that_loses_an_executor_equals_duckdbs(
    twins: Twins,
) -> None:
    assert twins.both(FIRST_NIGHT, killing=True) == {}
    assert twins.killed
    assert twins.killed not in twins.cluster.executors()


@pytest.mark.slow
def test_every_mart_of_a_second_night_has_rows_and_equals_duckdbs(
    twins: Twins,
) -> None:
    if not twins.killed:  # asked for alone
        assert twins.both(FIRST_NIGHT) == {}
    assert twins.both(None) == {}
    assert twins.empty() == set()


def test_the_salt_is_in_no_file_that_dbt_or_spark_has_written(twins: Twins) -> None:
    written = [twins.root / "cluster", twins.root / "spark" / "warehouse"]
    for path in (path for folder in written for path in folder.rglob("*")):
        if path.is_file():
            assert SALT.encode() not in path.read_bytes(), path
