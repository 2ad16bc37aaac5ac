"""Bad files and bad seeds stop the night: nothing is published, and it is said why."""

import codecs
import json
from collections.abc import Callable
from datetime import date, datetime

import pytest

from dagster_project.checking import check_seeds
from dagster_project.night import NightSummary
from dagster_project.showing import show_night
from expectations import GATE_RULES
from tests.flow.conftest import (
    DOUBTED_WIN,
    EARLY,
    ENDS_ELSEWHERE,
    LABELS,
    NO_DATE,
    ONE_SHORT_ROW,
    RETIRED,
    SHORT_ROWS,
    TWO_HEADERS,
    UNKNOWN,
    Story,
)

pytestmark = pytest.mark.slow

STAGING = {
    "stage_codes_registered": (
        "1 of 7 stage codes",
        "'Stage ?'",
        "in no row of seeds/stage_aliases.csv (1 change, 1 deal",
        UNKNOWN,
        "Add a row that maps it or one with is_ignored true.",
    ),
    "stage_codes_valid_at_date": (
        "1 of 7 stage codes",
        "'Stage n'",
        "1 of 1 change, seen 2026-02-06 to 2026-02-06",
        EARLY,
        "Widen valid_from or valid_to",
    ),
    "retired_stage_codes_unused": (
        "1 of 7 stage codes",
        "'Stage c'",
        "ended on 2026-02-01 and is used until 2026-02-06 (1 of 2 changes",
        RETIRED,
        "Have the source give up the stage",
    ),
    "stage_ids_have_one_label": (
        "1 of 2 stage ids",
        "'Stage a'",
        f"2 labels at one time, such as 'Asked' and 'Inquired' in {LABELS}",
        "deliver one label an id",
    ),
    "stage_flags_agree": (
        "1 of 2 stage ids",
        "'Stage w'",
        f"is 'w': won here, not there ({LABELS})",
        "Correct outcome_code in seeds/stages.csv",
    ),
    "rejected_share": (
        "1 of 7 files",
        SHORT_ROWS,
        "2 of 100 rows rejected, 2 % where 1 % is allowed",
        "the first in line 100: too few fields: 2, the header has 3; quote values",
        "Deliver the file corrected",
    ),
    "files_whole": (
        "1 of 7 files",
        TWO_HEADERS,
        "'refused'",
        "deal_id",
        "Deliver the file corrected",
    ),
    "values_castable": (
        "1 of 3 columns",
        "1 of 4 values of deals.created_at",
        "'created_at 31.02.2026'",
        f"{NO_DATE}, row 1",
        "Deliver the extract corrected",
    ),
}
MARTS = {
    "history_ends_in_current_stage": (
        "1 of 1 pipelines",
        "1 of 5 deals",
        f"such as deal h1 in {ENDS_ELSEWHERE}",
        "deliver the missing extracts",
    ),
    "outcomes_agree": (
        "stage 'w' of pipeline 'p'",
        "1 of 2 deals",
        f"such as deal x1 in {DOUBTED_WIN}",
        "a won deal has a probability below 1",
        "Correct outcome_code in seeds/stages.csv, or the deals in the source.",
    ),
}


def test_a_good_night_publishes_and_breaks_no_rule(story: Story) -> None:
    assert story.good.summary.exit_code == 0, story.good.said
    assert story.good.current == "g000001"
    assert {line.rule for line in story.good.summary.gates} == set(GATE_RULES)
    assert not story.good.broken


@pytest.mark.parametrize("rule", STAGING)
def test_bad_input_breaks_its_rule_before_staging_is_trusted(
    story: Story, rule: str
) -> None:
    line = story.bad_staging.broken[rule]
    assert line.blocks
    for told in STAGING[rule]:
        assert told in line.message


def test_seeds_that_do_not_hang_together_are_refused_before_anything_is_landed(
    story: Story,
) -> None:
    night = story.bad_seeds
    assert (night.summary.exit_code, night.summary.outcome) == (3, "refused")
    assert "seeds/stage_aliases.csv line" in night.summary.message
    assert "'Stage a' holds on days on which line" in night.summary.message
    assert "stage_code 'z' is not in stages.csv" in night.summary.message
    assert story.landed_of_bad_seeds == []
    assert night.published_bytes == story.good.published_bytes


def test_a_refused_night_has_a_quality_page_that_names_rules_files_and_remedies(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    page = story.refused_page
    for rule in STAGING:
        assert f'id="{rule}"' in page
    for told in (SHORT_ROWS, RETIRED, LABELS, "What to do: Deliver the file corrected"):
        assert told in page
    assert "Not reached in this night (gate marts)." in page
    assert page.count(">refused</span>") == 2 * len(STAGING)
    told = read_by_a_person(show_night, story.bad_staging.summary, capsys)
    assert f"quality {story.bad_staging.summary.quality}" in told


def test_a_generation_bears_the_quality_page_of_its_night_and_those_before(
    story: Story,
) -> None:
    folder = story.at.paths.generation(story.mended.current) / "report"
    page = (folder / "quality.html").read_text(encoding="utf-8")
    assert "Night <code>r000004</code>" in page
    assert 'title="r000002, as of 2026-02-09 23:59:59: refused, 1"' in page
    assert "files_landed" in page
    report = (folder / "index.html").read_text(encoding="utf-8")
    assert 'href="../report/quality.html"' in report


def test_gate_results_tell_who_is_at_fault_with_the_file_that_brought_it(
    story: Story,
) -> None:
    told = story.at.published(story.mended.current)(
        "select as_of, threshold, owner_name, offenders from marts.dq_gate_results"
        " where rule_code = 'stage_codes_registered'"
    )
    assert [row[:3] for row in told] == [
        (datetime(2026, 2, 11, 23, 59, 59), 0.0, "sales operations")
    ]
    assert json.loads(told[0][3])[0]["example_file"] == UNKNOWN


@pytest.mark.parametrize("rule", MARTS)
def test_bad_input_breaks_its_rule_before_marts_are_published(
    story: Story, rule: str
) -> None:
    line = story.bad_marts.broken[rule]
    assert line.blocks
    for told in MARTS[rule]:
        assert told in line.message


def test_bad_input_breaks_no_other_rule(story: Story) -> None:
    assert set(story.bad_staging.broken) == set(STAGING)
    assert set(story.bad_marts.broken) == {*MARTS, "stage_codes_registered"}


@pytest.mark.parametrize("gate", ["bad_staging", "bad_marts"])
def test_a_refused_night_ends_with_3_and_publishes_nothing(
    story: Story, gate: str
) -> None:
    night = getattr(story, gate)
    assert (night.summary.exit_code, night.summary.outcome) == (3, "refused")
    assert "nothing new is published" in night.summary.message
    assert night.generations == [story.good.current] == [night.current]
    assert night.published_bytes == story.good.published_bytes


def test_what_the_staging_gate_refuses_is_not_built_on(story: Story) -> None:
    assert "mart" not in story.bad_staging.summary.steps
    assert "mart" in story.bad_marts.summary.steps


def test_a_person_reads_why_and_what_still_stands(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    told = read_by_a_person(show_night, story.bad_staging.summary, capsys)
    assert "rejected 2, 1 files refused" in told
    assert "8 are broken" in told
    assert "refused rejected_share: 1 of 7 files with too many rows rejected:" in told
    assert "still published, as before:" in told


def test_mended_files_of_the_same_name_are_published_by_the_next_night(
    story: Story,
) -> None:
    night = story.mended
    assert night.summary.exit_code == 0, night.said
    assert night.current == "g000002"
    stages = story.at.published(night.current)(
        "select deal_id, list(to_stage_code order by sequence_number)"
        " from marts.fct_stage_transitions"
        " where deal_id in ('d3', 'h1', 'x1') group by deal_id order by deal_id",
    )
    assert stages == [("d3", ["a", "c", "b"]), ("h1", ["a"]), ("x1", ["a", "w"])]


def test_seeds_as_a_spreadsheet_saves_them_decide_the_same(story: Story) -> None:
    seeds = story.at.settings.seeds
    assert (seeds / "stages.csv").read_bytes().startswith(codecs.BOM_UTF8)
    assert check_seeds(seeds) == []
    stages = story.at.published(story.mended.current)(
        "select stage_code, stage_name, valid_to from marts.dim_stages"
        " where pipeline_code = 'p' order by stage_order limit 3"
    )
    assert stages == [
        ("a", "Stage a", None),
        ("b", "Stage b", None),
        ("c", "Stage c", date(2026, 2, 1)),
    ]


def test_every_row_of_the_refused_files_is_in_the_accounts(story: Story) -> None:
    audit = story.at.published(story.mended.current)(
        "select file_name, status_code, physical_count, landed_count, rejected_count"
        " from marts.dq_load_audit where file_name in (?, ?) order by all",
        SHORT_ROWS,
        TWO_HEADERS,
    )
    assert audit == [
        (TWO_HEADERS, "landed", 1, 1, 0),
        (TWO_HEADERS, "refused", 0, 0, 0),
        (SHORT_ROWS, "landed", 98, 98, 0),
        (SHORT_ROWS, "replaced", 100, 98, 2),
    ]


def test_rows_rejected_within_the_share_are_published_without_and_warned_of(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    night = story.mended.summary
    assert (night.exit_code, night.rejected) == (0, 1)
    show_night(night)
    shown = capsys.readouterr()
    assert (
        f"{ONE_SHORT_ROW}: 1 of 200 records rejected, the first in line 201: too few"
        in " ".join(shown.out.split())
    )
    assert "warning: 1 rows were rejected" in " ".join(shown.err.split())
    assert story.nothing_new.summary.warnings == []
    assert story.at.published(story.mended.current)(
        "select count(*) from marts.fct_journeys where deal_id like 'n%'"
    ) == [(199,)]


def test_a_rule_that_warns_lets_its_input_be_published(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    night = story.mended
    # the file of 200 rows is larger than any before it
    warned = {"stage_codes_registered", "extracts_of_usual_volume"}
    assert set(night.broken) == warned
    assert not any(line.blocks for line in night.broken.values())
    assert "'Stage ?'" in night.broken["stage_codes_registered"].message
    told = read_by_a_person(show_night, night.summary, capsys)
    assert "warned stage_codes_registered: 1 of 6 stage codes unregistered:" in told


def test_a_journey_in_an_unknown_stage_is_published_as_unmapped(story: Story) -> None:
    def ask(query: str) -> list[tuple[object, ...]]:
        return story.at.published(story.mended.current)(query)

    assert ask(
        "select source_stage, transitions_count, journeys_count, example_file"
        " from marts.dq_unmapped_stage_codes"
    ) == [("Stage ?", 1, 1, UNKNOWN)]
    assert ask(
        "select current_stage_code, furthest_stage_code, outcome_code"
        " from marts.fct_journeys where current_stage_code = 'unmapped'"
    ) == [("unmapped", "a", "open")]
    assert ask(
        "select sum(open_count) from marts.fct_stage_snapshots"
        " where stage_code = 'unmapped' and snapshot_date = date '2026-02-10'"
    ) == [(1,)]


def read_by_a_person(
    show: Callable[[NightSummary], None],
    summary: NightSummary,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """What the terminal shows, with its line breaks taken back."""
    show(summary)
    return " ".join(capsys.readouterr().out.split())
