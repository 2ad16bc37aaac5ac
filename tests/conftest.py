"""Fixtures that many tests share."""

from pathlib import Path

import pytest

from tests.warehouse import Warehouse

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seeds",
        default="",
        help="seeds, by commas, on which to compare the models with the oracle",
    )
    parser.addoption("--kills", type=int, default=20, help="nights to kill")
    parser.addoption("--seed", type=int, default=1, help="of the first kill")


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
