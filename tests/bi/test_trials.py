"""Rules tried on the data before they are committed: nothing else is touched."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from dagster_project.bi.dashboard import trials
from dagster_project.bi.dashboard.trials import Moved, TrialError
from dagster_project.bi.facts import Table
from dagster_project.settings import ROOT, Settings
from tests.flow.installation import Installation

JOURNEY = "journey_id, segment_code, current_stage_code, outcome_code"


def settings_of(folder: Path, **more: str) -> Settings:
    named = {"FUNNELHOUSE_DATA": str(folder), "FUNNELHOUSE_SEEDS": str(ROOT / "seeds")}
    return Settings.from_environment({**named, **more})


def edited(rules: Table, old: str, new: str) -> Table:
    rows = [tuple(new if cell == old else cell for cell in row) for row in rules.rows]
    return Table(rules.columns, rows)


def built(folder: Path, before: Sequence[str], after: Sequence[str]) -> Path:
    """A warehouse in which each journey bears the segment of its place."""
    file = folder / "w.duckdb"
    with duckdb.connect(str(file)) as connection:
        for schema, segments in (("before_trial", before), ("marts", after)):
            connection.execute(f"create schema {schema}")
            connection.execute(
                f"""
                create table {schema}.fct_journeys as select
                    unnest(range({len(segments)}))::varchar as journey_id,
                    unnest({list(segments)}) as segment_code,
                    'p' as pipeline_code, 'a' as current_stage_code,
                    'a' as furthest_stage_code, 'going' as outcome_code,
                    false as is_deleted, false as is_duplicate
                """
            )
            connection.execute(
                f"""
                create table {schema}.fct_stage_transitions as select
                    't' as transition_id, 'p' as pipeline_code,
                    '{segments[0]}' as to_stage_code, 'a' as from_stage_code,
                    'forward' as direction_code, false as is_deleted
                """
            )
    return file


def test_what_moved_is_what_differs(tmp_path: Path) -> None:
    moved = trials.compare(built(tmp_path, ["x", "x", "y"], ["y", "x", "y"]))
    assert (moved.transitions_count, moved.journeys_count) == (1, 1)
    assert moved.members.rows == [("x", 2, 1, -1), ("y", 1, 2, 1)]
    assert [row[:3] for row in moved.journeys.rows] == [("0", "x", "y")]


def test_nothing_moves_where_nothing_differs(tmp_path: Path) -> None:
    moved = trials.compare(built(tmp_path, ["x", "y"], ["x", "y"]))
    assert (moved.transitions_count, moved.journeys_count) == (0, 0)
    assert not moved.journeys.rows


def test_an_unsound_rule_is_told_with_file_and_line(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    rules = trials.read_seed(settings.seeds, "segment_rules")
    wrong = edited(rules, "referred", "nobody")
    (finding,) = trials.write_seeds(settings, {"segment_rules": wrong})
    assert (finding.file, finding.line) == ("seeds/segment_rules.csv", 2)
    assert "nobody" in str(finding)


def test_a_seed_read_and_written_is_the_seed_and_the_folder_is_left_alone(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path)
    for name in trials.TRIED:
        rules = trials.read_seed(settings.seeds, name)
        committed = (settings.seeds / f"{name}.csv").read_text(encoding="utf-8")
        assert trials.seed_text(rules) == committed
        trials.write_seeds(settings, {name: edited(rules, rules.rows[0][0], "z")})
        assert (settings.seeds / f"{name}.csv").read_text("utf-8") == committed


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("nothing_built", "run `funnelhouse run` first"),
        ("a_log_beside", "a night is writing the warehouse"),
        ("spark", "FUNNELHOUSE_ENGINE=spark"),
    ],
)
def test_what_cannot_be_tried_now_is_told(
    tmp_path: Path, case: str, words: str
) -> None:
    engine = "spark" if case == "spark" else "duckdb"
    settings = settings_of(tmp_path, FUNNELHOUSE_ENGINE=engine)
    if case == "a_log_beside":
        (tmp_path / "warehouse").mkdir()
        for ending in ("", ".wal"):
            (tmp_path / f"warehouse/funnelhouse.duckdb{ending}").write_bytes(b"-")
    with pytest.raises(TrialError, match=words):
        list(trials.try_seeds(settings))
    assert not (tmp_path / "trial/warehouse/funnelhouse.duckdb").exists()


@pytest.mark.slow
def test_a_looser_rule_moves_journeys_into_its_segment(shown: Installation) -> None:
    built_before = shown.paths.warehouse.read_bytes()
    rules = trials.read_seed(shown.settings.seeds, "segment_rules")
    looser = edited(rules, "5", "1")
    assert not trials.write_seeds(shown.settings, {"segment_rules": looser})
    *_, moved = trials.try_seeds(shown.settings)
    assert isinstance(moved, Moved)
    change = {row["segment_code"]: row for row in moved.members.records()}
    assert change["researcher"]["members_change_count"] > 0
    assert sum(row["members_change_count"] for row in change.values()) == 0
    assert moved.journeys_count == len(moved.journeys.rows)
    assert moved.transitions_count == 0
    assert shown.paths.warehouse.read_bytes() == built_before
    assert not list((shown.paths.trial / "warehouse").glob("*.duckdb*"))
