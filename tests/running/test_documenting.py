"""The page that documents the tables: whole, and asking nothing of anybody."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.documenting import document, place_docs, render
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import Project
from tests.bi.browser import executable, opened
from tests.running.conftest import fill_warehouse
from tests.running.test_locking import holder_of

PAGE = "(document.body?.innerText ?? '')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an installation that has built nothing yet."""
    folder = tmp_path_factory.mktemp("documented")
    done = CliRunner().invoke(main, ["docs"], env={"FUNNELHOUSE_DATA": str(folder)})
    assert done.exit_code == 0, done.output
    return Path(done.output.strip())


def test_the_page_lies_beside_what_is_published(page: Path) -> None:
    assert page.parts[-2:] == ("docs", "index.html")
    assert not list(page.parent.glob(".*.tmp"))
    assert not (page.parents[1] / "warehouse" / "funnelhouse.duckdb").exists()


@pytest.mark.skipif(
    executable() is None, reason="no Chromium: apt-get install chromium"
)
def test_tables_columns_and_words_are_shown_without_a_request(
    page: Path, tmp_path: Path
) -> None:
    with opened(tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        browser.wait(f"{PAGE}.includes('cumulative incidence')")
        table = "#!/model/model.funnelhouse.fct_monthly_conversions"
        browser.ask(f"location.hash = '{table}'")
        browser.wait(f"{PAGE}.includes('is_mature')")
        asked = {each.split(":")[0] for each in browser.requests}
    assert asked <= {"file", "data"}


def test_while_a_night_is_at_work_the_page_waits(paths: Paths) -> None:
    with holder_of(paths.lock):
        data = {"FUNNELHOUSE_DATA": str(paths.data)}
        done = CliRunner().invoke(main, ["docs"], env=data)
    assert done.exit_code == 4
    assert "another run holds the lock" in done.output


GRAPH = {
    "nodes": {
        "model.funnelhouse.fct_a": {
            "schema": "marts",
            "alias": "fct_a",
            "database": "funnelhouse",
            "description": "One row per </script>.",
        },
        "test.funnelhouse.a": {"schema": "tests", "alias": "a"},
    }
}


@pytest.fixture
def project(settings: Settings, paths: Paths) -> Project:
    return Project(settings, paths, GRAPH, frozenset(), frozenset())


def test_columns_have_the_types_that_they_were_built_as(
    project: Project, paths: Paths
) -> None:
    assert '"type": "DATE"' not in document(project).read_text(encoding="utf-8")
    fill_warehouse(paths, fct_a="select date '2026-01-31' as day, 1 as n")
    page = document(project).read_text(encoding="utf-8")
    assert '"name": "day", "type": "DATE"' in page
    assert '"name": "n", "type": "INTEGER"' in page


def test_no_description_ends_the_script_that_it_stands_in() -> None:
    assert "One row per <\\/script>." in render(GRAPH, {})


def test_generations_share_a_page_that_has_not_changed(
    project: Project, paths: Paths
) -> None:
    first, second, third = (paths.published / f"g00000{n}" for n in (1, 2, 3))
    for folder in (first, second, third):
        folder.mkdir(parents=True)
    kept = place_docs(project, first)
    assert place_docs(project, second).samefile(kept)
    fill_warehouse(paths, fct_a="select 1 as n")
    assert '"type": "INTEGER"' in place_docs(project, third).read_text("utf-8")
    assert '"type": "INTEGER"' not in kept.read_text("utf-8")
