"""A copy of the project to spoil, and the tests run in it; the project stays whole."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

from dagster_project.invoking import close_connections
from dagster_project.paths import Paths
from dagster_project.settings import ROOT
from dagster_project.transforming import environment
from tests.models.stories import changes, registry, stage
from tests.mutations.faults.fault import Fault
from tests.warehouse import Warehouse

LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "data", ".*_cache", "__pycache__", "target", "logs", ".hypothesis"
)
ONE_DEAL = {"plain/stage_changes/2024-01-31.csv": changes("d", "2024-01-05 a")}
Statuses = dict[str, str]


@dataclass(frozen=True)
class Workshop:
    """Below `folder`: the copy, and a warehouse that knows the columns' types."""

    folder: Path

    @classmethod
    def opened(cls, folder: Path) -> "Workshop":
        shutil.copytree(ROOT, folder / "project", ignore=LEFT_BEHIND)
        workshop = cls(folder)
        workshop.warehouse.build(ONE_DEAL, seeds=registry([stage("a", 1)]))
        return workshop

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.folder / "workspace")

    @contextmanager
    def spoiled_by(self, fault: Fault) -> Iterator[None]:
        path = self.project / "dbt" / fault.file
        whole = path.read_bytes()
        fault.make(self.project / "dbt")
        try:
            yield
        finally:
            path.write_bytes(whole)

    def statuses(self, tests: Sequence[str]) -> Statuses:
        """`pass`, `fail` or another word for each test, as it stands in the copy."""
        for_pytest = [test for test in tests if "::" in test]
        for_dbt = [test for test in tests if "::" not in test]
        found = self._run_dbt(for_dbt) if for_dbt else {}
        if for_pytest:
            found |= reported(self._run_pytest(for_pytest))
        return {test: found.get(test, "not run") for test in tests}

    def _run_dbt(self, names: Sequence[str]) -> Statuses:
        """In this process, so that dbt parses only what has changed since."""
        from dbt.cli.main import dbtRunner

        settings = replace(self.warehouse.settings, sources=("plain",))
        dbt = str(self.project / "dbt")
        variables = environment(settings, Paths.of(settings)) | {
            "DBT_PROJECT_DIR": dbt,
            "DBT_PROFILES_DIR": dbt,
            "FUNNELHOUSE_SEEDS": os.path.relpath(self.project / "seeds", dbt),
        }
        with patch.dict(os.environ, variables):
            done = dbtRunner().invoke(
                ["test", "--select", *names, "--log-level", "none"]
            )
        close_connections()
        results = getattr(done.result, "results", ())
        return {each.node.name: str(each.status) for each in results}

    def _run_pytest(self, tests: Sequence[str]) -> Path:
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        own = ["--basetemp", str(self.folder / "pytest"), f"--junitxml={report}"]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *own, *tests],
            cwd=self.project,
            env=os.environ | {"PYTHONPATH": str(self.project)},
            capture_output=True,
            check=False,
        )
        return report


def reported(report: Path) -> Statuses:
    """The worst status of each test function over its parameters."""
    ranks = ["pass", "skipped", "fail", "error"]
    found: Statuses = {}
    if not report.is_file():
        return found
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314
        path = case.attrib["classname"].replace(".", "/")
        test = f"{path}.py::{case.attrib['name'].partition('[')[0]}"
        found[test] = max(found.get(test, "pass"), _status(case), key=ranks.index)
    return found


def _status(case: ElementTree.Element) -> str:
    words = {"failure": "fail", "error": "error", "skipped": "skipped"}
    return next((words[part.tag] for part in case if part.tag in words), "pass")
