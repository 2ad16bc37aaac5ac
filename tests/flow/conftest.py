"""One story in six nights, told once: good, bad at each gate, mended, nothing new.

Stages are made up: a, b, c (retired on 2026-02-01), n (from 2026-03-01 on), w (won)
and l (lost).
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flow.installation import (
    Installation,
    Night,
    rules_that_warn,
    shipped_seed,
)
from tests.warehouse import Files, Row, Rows, Seeds, as_csv

PIPELINE = "p"
STAGES: Rows = [
    {"stage_code": "a", "stage_order": 1, "outcome_code": "open"},
    {"stage_code": "b", "stage_order": 2, "outcome_code": "open"},
    {
        "stage_code": "c",
        "stage_order": 3,
        "outcome_code": "open",
        "valid_to": "2026-02-01",
    },
    {
        "stage_code": "n",
        "stage_order": 5,
        "outcome_code": "open",
        "valid_from": "2026-03-01",
    },
    {"stage_code": "w", "stage_order": 4, "outcome_code": "won", "probability": 1},
    {"stage_code": "l", "stage_order": 90, "outcome_code": "lost", "probability": 0},
]


def stage(row: Row) -> Row:
    named = {"pipeline_code": PIPELINE, "stage_name": f"Stage {row['stage_code']}"}
    return {**named, "actor_code": "customer", "trigger_name": "made up", **row}


def alias(spelling: str, code: str, **more: str) -> Row:
    named = {"source_code": "plain", "source_stage": spelling, "stage_code": code}
    return {**named, "pipeline_code": PIPELINE, "is_ignored": "false", **more}


def change(deal: str, spelling: str, at: str) -> Row:
    return {"deal_id": deal, "source_stage": spelling, "changed_at": at}


def deal(name: str, spelling: str, **more: str) -> Row:
    made = {"deal_id": name, "source_stage": spelling, "created_at": "2026-01-01"}
    return {**made, "amount": "100", "currency_code": "USD", **more}


ALIASES = [alias(f"Stage {code}", code) for code in ("a", "b", "c", "n", "w", "l")]
GOOD: Files = {
    "plain/stage_changes_2026-01-31.csv": [
        change("d1", "Stage a", "2026-01-02T10:00:00"),
        change("d1", "Stage b", "2026-01-05T10:00:00"),
        change("d1", "Stage w", "2026-01-20T10:00:00"),
        change("d2", "Stage a", "2026-01-03T10:00:00"),
        change("d2", "Stage l", "2026-01-30T10:00:00"),
        change("d3", "Stage a", "2026-01-04T10:00:00"),
        change("d3", "Stage c", "2026-01-31T10:00:00"),
    ],
    "plain/deals_2026-01-31.csv": [
        deal("d1", "Stage w", probability="1"),
        deal("d2", "Stage l"),
        deal("d3", "Stage c"),
    ],
}

UNKNOWN = "plain/stage_changes_2026-02-05.csv"
RETIRED = "plain/stage_changes_2026-02-06.csv"
EARLY = "plain/stage_changes_2026-02-06T12-00-00Z.csv"
LABELS = "plain/stage_labels_2026-02-06.csv"
SHORT_ROWS = "plain/stage_changes_2026-02-07.csv"
TWO_HEADERS = "plain/deals_2026-02-08.csv"
NO_DATE = "plain/deals_2026-02-09.csv"
ENDS_ELSEWHERE = "plain/deals_2026-02-10.csv"
DOUBTED_WIN = "plain/deals_2026-02-11.csv"
ONE_SHORT_ROW = "plain/stage_changes_2026-02-11.csv"

MANY = [change(f"m{number}", "Stage a", "2026-02-07") for number in range(98)]
BAD_FOR_STAGING: Files = {
    UNKNOWN: [
        change("u1", "Stage a", "2026-02-01T10:00:00"),
        change("u1", "Stage ?", "2026-02-05T10:00:00"),
    ],
    RETIRED: [change("d3", "Stage c", "2026-02-06T10:00:00")],
    EARLY: [change("d3", "Stage n", "2026-02-06T11:00:00")],
    LABELS: [
        {"source_stage": "Stage a", "source_label": "Asked"},
        {"source_stage": "Stage a", "source_label": "Inquired"},
        {"source_stage": "Stage w", "source_label": "Signed", "is_won": "false"},
    ],
    TWO_HEADERS: "deal_id,source_stage,deal_id\nd1,Stage w,d1\n",
    NO_DATE: [deal("d2", "Stage l", created_at="31.02.2026")],
}
MENDED_FOR_STAGING: Files = {
    RETIRED: [change("d3", "Stage b", "2026-02-06T10:00:00")],
    EARLY: [change("d3", "Stage b", "2026-02-06T10:00:00")],
    LABELS: [
        {"source_stage": "Stage a", "source_label": "Asked"},
        {"source_stage": "Stage w", "source_label": "Signed", "is_won": "true"},
    ],
    SHORT_ROWS: MANY,
    TWO_HEADERS: "deal_id,source_stage\nd1,Stage w\n",
    NO_DATE: [deal("d2", "Stage l", created_at="2026-02-09")],
    "plain/deals_2026-02-06.csv": [deal("d3", "Stage b")],
}
BAD_FOR_MARTS: Files = {
    "plain/stage_changes_2026-02-10.csv": [
        change("h1", "Stage a", "2026-02-09T10:00:00"),
        change("x1", "Stage a", "2026-02-09T10:00:00"),
        change("x1", "Stage w", "2026-02-10T10:00:00"),
    ],
    ENDS_ELSEWHERE: [deal("h1", "Stage b")],
    DOUBTED_WIN: [deal("x1", "Stage w", probability="0.2")],
}
MENDED_FOR_MARTS: Files = {
    ENDS_ELSEWHERE: [deal("h1", "Stage a")],
    DOUBTED_WIN: [deal("x1", "Stage w", probability="1")],
}


def with_two_short_rows() -> str:
    """A hundred records, of which two lack their last field: 2 %."""
    return f"{as_csv(MANY)}s1,Stage a\ns2,Stage a\n"


def with_one_short_row() -> str:
    """Two hundred records, of which one lacks its last field: 0.5 %."""
    many = [change(f"n{number}", "Stage a", "2026-02-08") for number in range(199)]
    return f"{as_csv(many)}s3,Stage a\n"


def decisions(*more_aliases: Row, **more: Rows) -> Seeds:
    """The shipped registry, with our own pipeline beside it."""
    stages = [*shipped_seed("stages"), *map(stage, STAGES)]
    aliases = [*shipped_seed("stage_aliases"), *ALIASES, *more_aliases]
    return {"stages": stages, "stage_aliases": aliases, **more}


def manifests(at: Installation) -> list[str]:
    """What landing has written of files so far."""
    return sorted(path.name for path in at.paths.manifest.glob("*.parquet"))


@dataclass(frozen=True)
class Story:
    """The nights, in their order, and the installation as the last one left it."""

    at: Installation
    good: Night
    bad_seeds: Night
    landed_of_bad_seeds: list[str]
    bad_staging: Night
    refused_page: str
    bad_marts: Night
    mended: Night
    nothing_new: Night


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one installation stands at a time."""
    return tmp_path_factory.mktemp("flow")


@pytest.fixture(scope="session")
def story(root: Path) -> Story:
    at = Installation(root)
    at.decide(decisions())
    at.write(GOOD)
    good = at.night()

    at.write({**BAD_FOR_STAGING, SHORT_ROWS: with_two_short_rows()})
    double = alias("Stage a", "b", valid_from="2026-01-15")
    at.decide(decisions(double, alias("Stage of nobody", "z")))
    landed = manifests(at)
    bad_seeds = at.night()
    landed_of_bad_seeds = sorted(set(manifests(at)) - set(landed))

    at.decide(decisions())
    bad_staging = at.night()
    refused_page = at.paths.quality_page.read_text(encoding="utf-8")

    at.decide(decisions(gate_rules=rules_that_warn(["stage_codes_registered"])))
    at.write({**MENDED_FOR_STAGING, **BAD_FOR_MARTS})
    bad_marts = at.night()

    at.write({**MENDED_FOR_MARTS, ONE_SHORT_ROW: with_one_short_row()})
    at.save_seeds_as_a_spreadsheet_would()
    mended, nothing_new = at.night(), at.night()
    return Story(
        at.keep("story"),
        good,
        bad_seeds,
        landed_of_bad_seeds,
        bad_staging,
        refused_page,
        bad_marts,
        mended,
        nothing_new,
    )
