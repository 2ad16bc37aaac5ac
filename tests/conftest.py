"""Fixtures that many tests share."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.environment import restored_environment
from tests.warehouse import Warehouse

STORY_FILES = (
    ("tests/flow/test_gates_refuse.py", "tests/flow/test_publishing_whole.py"),
    (
        "tests/bi/test_dashboard.py",
        "tests/bi/test_dashboard_browser.py",
        "tests/bi/test_metrics.py",
        "tests/bi/test_scenarios.py",
        "tests/bi/test_trials.py",
    ),
    (
        "tests/models/test_oracle_agreement.py",
        "tests/models/test_plans.py",
        "tests/models/test_promises.py",
        "tests/models/test_rebuild.py",
        "tests/models/test_unit_tests.py",
    ),
)
# Begun first: one that is begun last keeps a worker while the other has nothing to do.
LONGEST_FILES = (
    "tests/test_readme.py",
    "tests/test_walkthroughs.py",
    "tests/flow/test_restatements.py",
    "tests/running/test_readers.py",
    *(files[0] for files in STORY_FILES),
    "tests/flow/test_forgetting.py",
    "tests/flow/test_postgresql.py",
)
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seeds",
        default="",
        help="seeds, by commas, on which to compare the models with the oracle",
    )
    parser.addoption("--kills", type=int, default=20, help="nights to kill")
    parser.addoption("--seed", type=int, default=1, help="of the first kill")


class StoriesTogether(LoadFileScheduling):
    """A file's tests run in one worker, and so do the files that share a long story."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((files[0] for files in STORY_FILES if file in files), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; needs --no-loadscope-reorder, for xdist orders by number."""

    def place(item: pytest.Item) -> int:
        file = item.nodeid.split("::")[0]
        is_long = file in LONGEST_FILES
        return LONGEST_FILES.index(file) if is_long else len(LONGEST_FILES)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> StoriesTogether | None:
    """Where tests are told to go by file; elsewhere as xdist would have it."""
    by_file = config.getoption("dist") == "loadfile"
    return StoriesTogether(config, log) if by_file else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """A night sets variables for dbt; the next test must not find them."""
    with restored_environment():
        return (yield)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder a session: dbt parses the project once for all builds."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="session")
def warehouse(workspace: Path) -> Warehouse:
    """Holds the newest build only; a test asks the `Marts` that its build returned."""
    return Warehouse(workspace)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real extracts and cases with known answers, which lie outside the project."""
    if not SHARED.is_dir():
        pytest.skip(f"no {SHARED.name}/ folder beside the project")
    return SHARED
