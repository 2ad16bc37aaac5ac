"""The page that documents the tables: whole, and asking nothing of anybody."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.paths import Paths
from tests.bi.browser import executable, opened
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
