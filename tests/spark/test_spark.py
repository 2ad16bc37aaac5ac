"""The marts that Spark builds from the same lake are those that DuckDB builds."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.night import NightSummary, Progress, run_night
from dagster_project.paths import Paths
from dagster_project.samples import write_samples
from dagster_project.settings import Settings
from tests.environment import restored_environment
from tests.spark.cluster import Cluster, cluster
from tests.spark.comparison import differences

PYTHON = Path(os.environ["FUNNELHOUSE_SPARK_PYTHON"])
SALT = "3f" * 32
# of the sample's half year; the second night knows all of it
FIRST_NIGHT = datetime(2026, 6, 15)


@dataclass
class Twins:
    """Two installations with one folder of extracts, one for each engine."""

    root: Path
    cluster: Cluster
    killed: int = 0

    def settings(self, engine: str) -> Settings:
        return Settings.from_environment(
            {
                "FUNNELHOUSE_DATA": str(self.root / engine),
                "FUNNELHOUSE_EXTRACTS": str(self.root / "extracts"),
                "FUNNELHOUSE_SOURCES": "hubspot,segment,ad_spend",
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
        told, other = (
            Paths.of(self.settings(engine)).current.resolve() / "marts"
            for engine in ("duckdb", "spark")
        )
        return differences(told, other)

    def _kill_in_mid_build(self, progress: Progress) -> None:
        if progress.kind == "began" and progress.step == "mart":
            threading.Timer(30, self._kill).start()

    def _kill(self) -> None:
        self.killed = self.cluster.kill_executor()


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    root = tmp_path_factory.mktemp("spark")
    write_samples(root / "extracts", deals=200, events=5000, months=6, seed=7)
    with cluster(PYTHON, root / "cluster", SALT) as running:
        yield Twins(root, running)
    shutil.rmtree(root, ignore_errors=True)


def test_every_mart_of_a_first_night_equals_duckdbs(twins: Twins) -> None:
    assert twins.both(FIRST_NIGHT) == {}


def test_a_second_night_that_loses_an_executor_equals_duckdbs(twins: Twins) -> None:
    assert twins.both(None, killing=True) == {}
    assert twins.killed not in twins.cluster.executors()


def test_the_salt_is_in_no_file_that_dbt_or_spark_has_written(twins: Twins) -> None:
    written = [twins.root / "cluster", twins.root / "spark" / "warehouse"]
    for path in (path for folder in written for path in folder.rglob("*")):
        if path.is_file():
            assert SALT.encode() not in path.read_bytes(), path
