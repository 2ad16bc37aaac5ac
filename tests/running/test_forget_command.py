"""The command that forgets: what it asks, what it refuses, and what it never prints."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dagster_project import forgetting
from dagster_project.cli import main
from dagster_project.forgetting import Forgetting, drop_logs, finish_published
from dagster_project.landing import bury, read_forgotten
from dagster_project.landing.tombstones import write_progress
from dagster_project.locking import Holder, LockHeldError
from dagster_project.paths import Paths
from dagster_project.proving import Proof, Trace
from dagster_project.publishing import (
    NoGenerationError,
    build_generation,
    generations,
    publish,
    rollback,
)

from .conftest import fill_warehouse, ingredients

JANE = "jane@example.com"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNELHOUSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FUNNELHOUSE_PII_SALT", "salt of the tests")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["forget", *arguments])


def test_what_is_no_address_is_a_usage_error() -> None:
    done = call("jane", "--yes")
    assert done.exit_code == 2
    assert "no e-mail address" in done.output


def test_without_a_terminal_to_ask_at_it_has_to_be_told_yes() -> None:
    done = call(JANE)
    assert done.exit_code == 2
    assert "--yes" in done.output


def test_while_a_night_runs_it_ends_with_4_and_names_who_runs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def held(*_: Any) -> Forgetting:
        raise LockHeldError(Path("run.lock"), Holder(17, "here", "today"))

    monkeypatch.setattr(forgetting, "forget", held)
    done = call(JANE, "--yes")
    assert done.exit_code == 4
    assert "process 17 on here" in done.output


def test_what_is_left_is_told_without_the_address_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = Trace(tmp_path / f"{JANE}.csv", ("line 3",))

    def found(*_: Any) -> Forgetting:
        return Forgetting(extracts=[left], proof=Proof({"text": 2}, [left]))

    monkeypatch.setattr(forgetting, "forget", found)
    done = call(JANE, "--yes")
    assert done.exit_code == 1
    assert "remove it from" in done.output
    assert "found in" in done.output
    assert "line 3" in done.output
    assert JANE not in done.output
    told = json.loads(call(JANE, "--yes", "--json").stdout)
    assert (told["exit_code"], told["searched"]) == (1, {"text": 2})
    assert told["found"] == told["extracts"]
    assert "line 3" in told["found"][0]
    assert JANE not in str(told)


def test_a_generation_of_before_is_neither_kept_nor_rolled_back_to(
    paths: Paths,
) -> None:
    fill_warehouse(paths, fct_journeys="select 1 as a")
    for run_key in ("a", "b"):
        folder, _ = build_generation(paths, ["fct_journeys"], ingredients(run_key), {})
        publish(paths, folder, keep=7)
    bury(paths, JANE)
    with pytest.raises(NoGenerationError):
        rollback(paths)
    write_progress(paths, {"is_lake_clean": True})
    finish_published(paths)
    assert generations(paths) == ["g000001", "g000002"]
    assert paths.unfinished_erasure.exists()


def test_logs_that_name_a_forgotten_person_are_removed_and_others_kept(
    paths: Paths,
) -> None:
    bury(paths, JANE)
    named, other = paths.dagster_home / "history/a.db", paths.dbt_target / "b.log"
    for path, text in ((named, f"of {JANE.upper()}"), (other, "of x@example.com")):
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    drop_logs(paths, read_forgotten(paths))
    assert (named.exists(), other.exists()) == (False, True)


def test_while_readers_still_see_the_person_it_says_so_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unfinished = Forgetting(is_finished=False)
    monkeypatch.setattr(forgetting, "forget", lambda *_: unfinished)
    done = call(JANE, "--yes")
    assert done.exit_code == 1
    assert "not finished" in done.output
