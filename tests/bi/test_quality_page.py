"""The quality page: every rule with its verdict, its offenders and its past nights."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.bi import write_night_quality, write_quality
from dagster_project.landing.lake import FileOutcome, write_outcomes
from dagster_project.paths import Paths
from dagster_project.recording import GATE_RESULT, write_record
from dagster_project.settings import Settings
from expectations import GATE_RULES
from tests.bi.bi_generations import write_generation
from tests.bi.test_bi_report import HOSTILE, Page

SHARE = "rejected_share"
MARTS = "rows_accounted_for"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    data = {"FUNNELHOUSE_DATA": str(tmp_path / "data")}
    return Paths.of(Settings.from_environment(data))


@pytest.fixture
def judge(paths: Paths) -> Callable[..., None]:
    """Record what a gate said in a night, as the night does."""

    def record(night: int, *verdicts: dict[str, Any], gate: str = "staging") -> None:
        code = f"r{night:06}"
        common = {"night_code": code, "as_of": datetime(2026, 6, night), **VERDICT}
        rows = [{**common, "gate_code": gate, **verdict} for verdict in verdicts]
        write_record(paths.gate_results, f"{code}.{gate}", GATE_RESULT, rows)

    return record


VERDICT: dict[str, Any] = {
    "rule_code": SHARE,
    "severity_code": "block",
    "threshold": 0.01,
    "owner_name": "data people",
    "is_passed": True,
    "is_blocking": False,
    "unexpected_count": 0,
    "checked_count": 4,
    "message": "4 files checked, none with too many rows rejected.",
    "offenders": "[]",
}
REFUSED: dict[str, Any] = {
    "is_passed": False,
    "is_blocking": True,
    "unexpected_count": 1,
    "message": "1 of 4 files with too many rows rejected:\n- s/t.csv",
    "offenders": json.dumps([{"file_name": "s/t.csv", "rejected_count": 7}]),
}
WARNED = {**REFUSED, "is_blocking": False, "severity_code": "warn"}
Judge = Callable[..., None]


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_a_refused_night_has_its_page_where_nothing_is_published(
    paths: Paths, judge: Judge
) -> None:
    judge(1, REFUSED)
    path = write_night_quality(paths)
    assert path == paths.quality_page
    told = read(path).sentences
    assert "Night r000001 · as of 2026-06-01 00:00:00 UTC · 1 of 1 judged rules" in told
    assert "refused · gate staging · block · threshold 0.01 · owner data people" in told
    assert "1 of 4 at fault" in told
    assert "s/t.csv 7" in told
    assert "What to do: `funnelhouse status` shows why" in told
    assert "Not reached in this night (gate marts)." in told
    assert "Not reached in this night: the marts were not judged." in told


def test_every_rule_stands_on_the_page_broken_ones_first(
    paths: Paths, judge: Judge
) -> None:
    judge(1, {"rule_code": "files_whole"}, REFUSED)
    page = read(write_night_quality(paths))
    rules = [a["id"] for tag, a in page.tags if a.get("class") == "rule-story"]
    assert sorted(map(str, rules)) == sorted(GATE_RULES)
    assert (rules[0], rules[-1]) == (SHARE, "files_whole")


def test_a_rule_shows_its_past_nights_up_to_this_one(
    paths: Paths, judge: Judge
) -> None:
    for night, verdict in enumerate((VERDICT, WARNED, REFUSED), start=1):
        judge(night, verdict)
    page = read(write_night_quality(paths))
    titles = [a["title"] for tag, a in page.tags if tag == "i"]
    assert titles == [
        "r000001, as of 2026-06-01 00:00:00: passed, 0",
        "r000002, as of 2026-06-02 00:00:00: warned, 1",
        "r000003, as of 2026-06-03 00:00:00: refused, 1",
    ]
    assert "r000002 2026-06-02 00:00:00 warned 1" in page.sentences


def test_a_generation_s_page_ends_with_its_own_night(
    paths: Paths, judge: Judge, tmp_path: Path
) -> None:
    judge(1, WARNED)
    judge(2, REFUSED)
    account = {
        "check_code": "files_landed",
        "scope": "crm",
        "expected_count": 5,
        "actual_count": 4,
        "difference_count": 1,
    }
    tables = {
        "dq_gate_results": [{"night_code": "r000001", "rule_code": SHARE}],
        "dq_reconciliations": [account],
    }
    generation = write_generation(tmp_path / "g000001", tables)
    path = write_quality(generation, paths)
    assert path == generation / "report" / "quality.html"
    first = path.read_bytes()
    told = read(path).sentences
    assert "Night r000001" in told
    assert "r000002" not in told
    assert "files_landed crm 5 4 1" in told
    assert write_quality(generation, paths).read_bytes() == first


def test_the_accounts_are_told_by_source_and_by_file(
    paths: Paths, judge: Judge
) -> None:
    judge(1, VERDICT)
    good = FileOutcome("crm", "deal", "crm/a.csv", "1", "n000001", None, 10, 10)
    short = FileOutcome(
        "crm", "deal", "crm/b.csv", "2", "n000001", None, 10, 6, 3, 0, "landed", "short"
    )
    write_outcomes(paths.manifest / "n000001.crm.deal.parquet", [good, short])
    told = read(write_night_quality(paths)).sentences
    assert "crm 2 0 20 16 3 0 1" in told
    assert "crm/b.csv crm.deal landed 10 6 3 0 short" in told
    assert "crm/a.csv" not in told


def test_texts_from_data_stay_texts(paths: Paths, judge: Judge) -> None:
    offenders = json.dumps(
        [{HOSTILE: "'; drop table x; --<b>", "example_file": HOSTILE}]
    )
    judge(
        1,
        {**REFUSED, "message": HOSTILE, "owner_name": HOSTILE}
        | {"offenders": offenders},
    )
    page = read(write_night_quality(paths))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "b", "img", "link"})
    assert page.sentences.count("alert(1)") == 4


def test_the_page_fetches_nothing(paths: Paths, judge: Judge) -> None:
    judge(1, REFUSED)
    path = write_night_quality(paths)
    page, text = read(path), path.read_text(encoding="utf-8")
    names = {name for _, attributes in page.tags for name in attributes}
    assert names.isdisjoint({"src", "srcset", "href", "data", "poster", "action"})
    assert "url(" not in text and "@import" not in text and "http:" not in text
    assert "default-src 'none'" in text


def test_records_of_older_nights_that_knew_less_are_shown(
    paths: Paths, judge: Judge
) -> None:
    known = ("as_of", "threshold", "owner_name")
    older = {name: kind for name, kind in GATE_RESULT.items() if name not in known}
    row = {**VERDICT, "night_code": "r000001", "gate_code": "staging"}
    write_record(paths.gate_results, "r000001.staging", older, [row])
    assert (
        "passed · gate staging · block · 0 of 4"
        in read(write_night_quality(paths)).sentences
    )
