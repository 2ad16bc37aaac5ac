"""Fixtures of the tests of report and dashboard."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.samples import write_samples
from tests.bi.bi_generations import Publish, Rows, write_generation
from tests.flow.installation import Installation

OpenPage = Callable[[str], AppTest]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Call it with rows by table; a table not named is there and empty."""

    def write(*, without: Sequence[str] = (), **tables: Rows) -> Path:
        return write_generation(tmp_path / "g000001", tables, without)

    return write


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A small sample, landed, built and published by one night."""
    found = Installation(tmp_path_factory.mktemp("shown"), "hubspot,segment")
    found.decide({})
    extracts = found.root / "extracts"
    write_samples(extracts, deals=300, events=4_000, months=8, seed=5)
    night = found.night()
    assert night.current, night.said
    return found


@pytest.fixture
def shown(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The settings of this process are those of the installation."""
    for name in ("data", "extracts", "seeds"):
        folder = str(installed.root / name)
        monkeypatch.setenv(f"FUNNELHOUSE_{name.upper()}", folder)
    monkeypatch.setenv("FUNNELHOUSE_SOURCES", installed.sources)
    return installed


@pytest.fixture
def facts(shown: Installation) -> Iterator[duckdb.DuckDBPyConnection]:
    """What is published, to ask."""
    file = shown.paths.current.resolve() / "funnelhouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


@pytest.fixture
def open_page(shown: Installation) -> OpenPage:
    """Call it with a page's name: the page as Streamlit runs it, without a browser."""

    def opened(name: str) -> AppTest:
        page = AppTest.from_function(_show, args=(name,), default_timeout=120).run()
        assert not page.exception, page.exception
        return page

    return opened


def _show(name: str) -> None:
    from dagster_project.bi.dashboard.app import show_page

    show_page(name)
