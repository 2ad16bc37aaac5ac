"""Lead scores of a few journeys, by hand: rules, levels, and what they are worth."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.models.event_stories import alias as event_alias
from tests.models.event_stories import event
from tests.models.stories import Row, by, changes, deal, registry, stage
from tests.warehouse import Files, Marts, Warehouse

DAY = "2024-12-31"
BEGUN = datetime(2024, 1, 10)
STAGES = [
    stage("a", 1),
    stage("w", 2, outcome_code="won"),
    stage("x", 90, outcome_code="lost"),
]
# how many journeys of each kind, how many of them are won after how many days
KINDS: dict[str, tuple[int, int, float]] = {
    "reader": (10, 6, 20),
    "friend": (10, 3, 20),
    "nobody": (20, 1, 20),
    "hasty": (1, 1, 0.5),
}
READ = {"reader": 2, "nobody": 1}


def rule(code: str, kind: str, points: float, *asked: str) -> Row:
    feature, operator, value = asked or (None, None, None)
    row = {"rule_code": code, "kind_code": kind, "feature_code": feature}
    return {**row, "operator_code": operator, "value": value, "points": points}


RULES = [
    rule("friend", "fit", 12, "product_code", "=", "friend"),
    rule("read", "behaviour", 25, "read_count", ">=", "2"),
    rule("marketing", "marketing_qualified", 10),
    rule("sales", "sales_qualified", 25),
]


def stories() -> tuple[list[Row], list[Row], list[Row]]:
    rows, deals, events = [], [], []
    for kind, (count, won_count, days) in KINDS.items():
        for number in range(count):
            name, moves = f"{kind}{number}", [f"{BEGUN} a"]
            if number < won_count:
                moves.append(f"{BEGUN + timedelta(days=days)} w")
            rows += changes(name, *moves)
            deals.append(deal(name, moves[-1][-1], product=kind, contact_id=name))
            events += [reading(name, days) for days in range(READ.get(kind, 0))]
            # after the landmark, when nothing earns points any more
            events.append(reading(name, 3))
    return rows, deals, events


def reading(name: str, days: int) -> Row:
    time = BEGUN + timedelta(days=days - 1, hours=12)
    told: dict[str, Any] = {"visitor_id": name, "email": f"{name}@example.com"}
    return event(f"{name}_{days}", "read", time, **told)


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    rows, deals, events = stories()
    files: Files = {
        f"plain/stage_changes/{DAY}.csv": rows,
        f"plain/deals/{DAY}.csv": deals,
        f"plain/contacts/{DAY}.csv": [
            {
                "contact_id": row["contact_id"],
                "email": f"{row['contact_id']}@example.com",
            }
            for row in deals
        ],
        f"plain/web_events/{DAY}.jsonl": events,
    }
    seeds = registry(STAGES)
    seeds |= {
        "scoring_rules": RULES,
        "event_aliases": [event_alias("read")],
        "segments": [
            {
                "segment_code": "other",
                "segment_name": "All",
                "priority": 1,
                "landmark_days": 1,
            }
        ],
    }
    models = ("fct_lead_scores", "fct_lead_score_calibration", "fct_journeys")
    return warehouse.build(files, seeds=seeds, models=models, with_tests=True)


def test_points_are_earned_up_to_the_landmark(marts: Marts) -> None:
    found = marts(
        """
        select journeys.product_code, scores.met_rules, scores.fit_points,
            scores.behaviour_points, scores.score, scores.level_code, count(*)
        from marts.fct_lead_scores as scores
        inner join marts.fct_journeys as journeys using (journey_id)
        group by all order by product_code
        """
    )
    assert found == [
        ("friend", "friend", 12, 0, 12, "marketing_qualified", 10),
        ("hasty", None, 0, 0, 0, "unqualified", 1),
        ("nobody", None, 0, 0, 0, "unqualified", 20),
        ("reader", "read", 0, 25, 25, "sales_qualified", 10),
    ]


def bands(marts: Marts, horizon_days: int) -> dict[Any, Any]:
    query = """
        select * from marts.fct_lead_score_calibration
        where pipeline_code = 'p' and horizon_days = ?
    """
    return by(marts.rows(query, horizon_days), "band_code", "points_from")


def test_a_band_converts_from_the_landmark_and_is_lifted_above_all(
    marts: Marts,
) -> None:
    found = bands(marts, 30)
    counts = {
        key: (row["watched_count"], row["converted_count"])
        for key, row in found.items()
    }
    assert counts == {
        ("all", None): (40, 10),
        ("unqualified", None): (20, 1),
        ("marketing_qualified", 10): (10, 3),
        ("sales_qualified", 25): (10, 6),
        ("points", 0): (20, 1),
        ("points", 10): (10, 3),
        ("points", 20): (10, 6),
    }
    lifts = {key[0]: row["lift"] for key, row in found.items() if key[0] != "points"}
    assert lifts == pytest.approx(
        {
            "all": 1,
            "unqualified": 0.2,
            "marketing_qualified": 1.2,
            "sales_qualified": 2.4,
        }
    )


def test_who_ended_before_the_landmark_stands_apart(marts: Marts) -> None:
    row = bands(marts, 30)["unqualified", None]
    assert (row["journeys_count"], row["ended_before_landmark_count"]) == (21, 1)


def test_a_threshold_misses_those_who_convert_below_it(marts: Marts) -> None:
    found = bands(marts, 30)
    told = {
        key: (row["missed_count"], row["missed_share"], row["passed_share"])
        for key, row in found.items()
    }
    assert told["marketing_qualified", 10] == (1, 0.1, 0.5)
    assert told["sales_qualified", 25] == told["points", 20] == (4, 0.4, 0.25)
