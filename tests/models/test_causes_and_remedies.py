"""Why customers leave and what brings them back: the marts of causes and remedies.

One story, built once: five deals told in short (pipeline `p`), two pipelines whose
journeys halve at each of eight steps (`g`, `h`), and an experiment (`e`).
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.models.event_stories import alias as event_alias
from tests.models.event_stories import event
from tests.models.stories import Row, by, change, changes, deal, registry, stage
from tests.warehouse import Marts, Warehouse

DAY = "2024-12-31"
JANUARY = datetime(2024, 1, 1)
STEPS = 8
HALVED = 2 ** (STEPS - 1)
LATER = {"won_in_time": 15, "won_late": 1, "open": 4}
EARLIER = {"won_in_time": 10, "open": 10}
MODELS = (
    "fct_journeys",
    "fct_loss_reasons",
    "fct_stage_evidence",
    "fct_unrecorded_inquiries",
    "fct_response_speeds",
    "fct_uplift_scenarios",
    "fct_experiment_results",
    "fct_recovery_queue",
)
GAINS = (0, 7, 2, 1, 4, 5, 0.5, 1)


def stages() -> list[Row]:
    told = [
        stage("a", 1, stale_after_days=14),
        stage("b", 2),
        stage("w", 3, outcome_code="won"),
        stage("x", 90, outcome_code="lost"),
        stage("a", 1, pipeline="e", stale_after_days=7),
        stage("w", 3, pipeline="e", outcome_code="won"),
    ]
    for pipeline in "gh":
        told += [stage(f"s{n}", n, pipeline=pipeline) for n in range(1, STEPS)]
        won = {"pipeline": pipeline, "outcome_code": "won"}
        told.append(stage(f"s{STEPS}", STEPS, **won))
    return told


def told_in_short() -> tuple[list[Row], list[Row]]:
    moves = {
        "dear": ("2024-01-01 a", "2024-01-05 b", "2024-01-10 x"),
        "said": ("2024-01-01 a", "2024-01-05 b", "2024-01-20 w"),
        "skipped": ("2024-01-01 a", "2024-01-10 w"),
        "lagging": ("2024-11-01 a",),
        "refused": ("2024-01-01 a", "2024-01-15 x"),
    }
    extra = {"dear": {"loss_reason": "Too dear", "amount": 1000, "owner_id": "o"}}
    rows = [row for name, told in moves.items() for row in changes(name, *told)]
    deals = [
        deal(name, told[-1][-1], contact_id=name, **extra.get(name, {}))
        for name, told in moves.items()
    ]
    return rows, deals


def halving(pipeline: str) -> tuple[list[Row], list[Row]]:
    """Of the journeys at a step, half go on to the next a day later."""
    rows, deals = [], []
    for number in range(HALVED):
        name = f"{pipeline}{number}"
        reached = [n for n in range(STEPS) if number < HALVED >> n]
        for step in reached:
            move = f"{JANUARY + timedelta(days=step)} s{step + 1}"
            rows.append(change(name, move, source_pipeline=pipeline))
        last = rows[-1]["source_stage"]
        deals.append(deal(name, last, source_pipeline=pipeline, amount=100))
    return rows, deals


def tried() -> tuple[list[Row], list[Row]]:
    """Twenty journeys before the experiment and twenty in it; one more came lately."""
    rows, deals = [], []
    cohorts: tuple[tuple[str, dict[str, int]], ...]
    cohorts = (("2024-04-25", EARLIER), ("2024-06-05", LATER), ("2024-12-20", {}))
    waits = {"won_in_time": 10, "won_late": 31}
    for day, fates in cohorts:
        begun = datetime.fromisoformat(day)
        for fate, count in (fates or {"open": 1}).items():
            for number in range(count):
                name, moves = f"{day}{fate}{number}", [f"{begun} a"]
                if fate in waits:
                    moves.append(f"{begun + timedelta(days=waits[fate])} w")
                rows += changes(name, *moves, source_pipeline="e")
                told = {"source_pipeline": "e", "amount": 200}
                deals.append(deal(name, moves[-1][-1], **told))
    return rows, deals


def web_events() -> list[Row]:
    told = [
        ("asked", "2023-12-31T22:00:00", "dear"),
        ("asked", "2023-12-25T00:00:00", "said"),
        ("asked", "2024-02-01T00:00:00", None),
        ("came", "2024-01-04T00:00:00", "dear"),
        ("came", "2024-11-10T00:00:00", "lagging"),
    ]
    return [
        event(
            f"e{n}", name, time, visitor_id=f"v{n}", email=who and f"{who}@example.com"
        )
        for n, (name, time, who) in enumerate(told)
    ]


def play(name: str, pipeline: str, code: str, gain: float, unit: str) -> Row:
    return {
        "play_code": name,
        "pipeline_code": pipeline,
        "stage_code": code,
        "leave_reason": "made up",
        "play_name": f"Play {name}",
        "gain": gain,
        "gain_unit": unit,
    }


def plays() -> list[Row]:
    gained = [
        play(f"{pipeline}{number}", pipeline, f"s{number}", gain, unit)
        for pipeline, unit in (("g", "percent"), ("h", "points"))
        for number, gain in enumerate(GAINS, start=1)
    ]
    return [*gained, play("call", "p", "b", 5, "percent")]


def decisions() -> dict[str, list[Row]]:
    seeds = registry(stages())
    proof = {**seeds["funnel_steps"][0], "funnel_code": "p", "step_order": 2}
    proof |= {"step_code": "b", "match_kind": "event", "match_code": "came"}
    reason = {"source_code": "plain", "source_reason": "Too dear"}
    return {
        **seeds,
        "funnel_steps": [*seeds["funnel_steps"], proof],
        "event_aliases": [
            event_alias("asked"),
            event_alias("came"),
            event_alias("call", "called", actor_code="seller"),
        ],
        "loss_reasons": [
            {**reason, "loss_reason_code": "price", "loss_reason_name": "Price"}
        ],
        "inquiries": [{"event_code": "asked", "lead_within_days": 2}],
        "plays": plays(),
        "experiments": [
            {
                "experiment_code": "tried",
                "experiment_name": "Tried",
                "pipeline_code": "e",
                "segment_code": None,
                "from_stage_code": "a",
                "to_stage_code": "w",
                "horizon_days": 30,
                "started_on": "2024-06-01",
                "ended_on": "2024-06-11",
                "control_segment_code": None,
                "expected_difference": 0.25,
            }
        ],
    }


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    rows: list[Row] = []
    deals: list[Row] = []
    for told in (told_in_short(), halving("g"), halving("h"), tried()):
        rows, deals = rows + told[0], deals + told[1]
    people = [row["contact_id"] for row in deals if row.get("contact_id")]
    files = {
        f"plain/stage_changes/{DAY}.csv": rows,
        f"plain/deals/{DAY}.csv": deals,
        f"plain/contacts/{DAY}.csv": [
            {"contact_id": name, "email": f"{name}@example.com"} for name in people
        ],
        f"plain/activities/{DAY}.csv": [
            {
                "activity_id": "call1",
                "source_event": "call",
                "occurred_at": "2024-01-01T02:00:00",
                "deal_id": "dear",
            }
        ],
        f"plain/web_events/{DAY}.jsonl": web_events(),
    }
    return warehouse.build(files, seeds=decisions(), models=MODELS, with_tests=True)


def test_a_loss_is_told_by_its_stage_its_reason_and_the_step_not_taken(
    marts: Marts,
) -> None:
    found = by(marts.rows("select * from marts.fct_loss_reasons"), "stage_code")
    assert {code: told(row) for code, row in found.items()} == {
        "a": (date(2024, 1, 1), "unknown", "b", 1, 1, None),
        "b": (date(2024, 1, 1), "price", "w", 1, 0, 1000),
    }


def told(row: Any) -> tuple[Any, ...]:
    columns = "lost_month loss_reason_code missed_stage_code lost_count"
    columns += " unvalued_count lost_amount"
    return tuple(row[column] for column in columns.split())


def test_a_stage_is_proven_by_the_customer_or_said_or_skipped_or_not_moved(
    marts: Marts,
) -> None:
    found = marts(
        """
        select evidence_code, journeys_count, watched_count, converted_count,
            median_lag_seconds
        from marts.fct_stage_evidence
        where pipeline_code = 'p' and stage_code = 'b'
            and owner_id = 'all' and horizon_days = 30
        order by evidence_code
        """
    )
    assert found == [
        ("all", 2, 2, 1, 86_400),
        ("proven", 1, 1, 0, 86_400),
        ("seller_only", 1, 1, 1, None),
        ("skipped", 1, 0, 0, None),
        ("unmoved", 1, 0, 0, None),
    ]


def test_an_inquiry_is_in_time_or_late_or_missing_and_answered_or_not(
    marts: Marts,
) -> None:
    found = marts(
        """
        select event_id, record_code, is_unrecorded, seconds_to_record,
            seconds_to_answer
        from marts.fct_unrecorded_inquiries order by event_id
        """
    )
    assert found == [
        ("e0", "in_time", False, 7_200, 14_400),
        ("e1", "late", True, 7 * 86_400, None),
        ("e2", "missing", True, None, None),
    ]


def test_who_was_answered_and_who_was_not_yet_are_followed_from_the_same_delay(
    marts: Marts,
) -> None:
    found = marts(
        """
        select within_seconds, answer_code, watched_count, converted_count
        from marts.fct_response_speeds
        where horizon_days = 60 and within_seconds in (3600, 14400)
        order by within_seconds, answer_code
        """
    )
    assert found == [
        (3_600, "not_yet", 2, 1),
        (14_400, "answered", 1, 0),
        (14_400, "not_yet", 1, 1),
    ]


@pytest.mark.parametrize(("pipeline", "factor"), [("g", 1.221843), ("h", 1.480050)])
def test_eight_gains_compound_to_what_was_worked_out_by_hand(
    marts: Marts, pipeline: str, factor: float
) -> None:
    found = marts.one(
        """
        select summed_gain, wins_factor, base_wins_count, wins, added_amount
        from marts.fct_uplift_scenarios
        where pipeline_code = ? and horizon_days = 180 and scenario_code = 'together'
        """,
        pipeline,
    )
    assert found[:3] == (20.5, pytest.approx(factor, abs=5e-7), 1)
    assert found[3:] == pytest.approx((factor, 100 * (factor - 1)), abs=1e-4)


def test_plays_one_after_another_end_where_all_together_do(marts: Marts) -> None:
    found = marts(
        """
        select place, added_wins, wins from marts.fct_uplift_scenarios
        where pipeline_code = 'h' and horizon_days = 180
            and scenario_code = 'one_after_another'
        order by place
        """
    )
    assert [row[0] for row in found] == list(range(1, STEPS + 1))
    assert 1 + sum(row[1] for row in found) == pytest.approx(found[-1][2])
    assert found[-1][2] == pytest.approx(1.480050, abs=5e-7)


def test_an_experiment_is_held_against_the_days_before_within_the_horizon(
    marts: Marts,
) -> None:
    rows = marts.rows("select * from marts.fct_experiment_results")
    found = by(rows, "comparison_code")
    before = found["before"]
    assert (before["treated_count"], before["treated_converted_count"]) == (20, 15)
    assert (before["compared_count"], before["compared_converted_count"]) == (20, 10)
    assert before["difference"] == 0.25
    assert before["difference_low"] < 0 < before["difference_high"]
    assert (before["is_mature"], before["warning_code"]) == (True, None)
    assert found["year_before"]["warning_code"] == "nobody"
    assert set(found) == {"before", "year_before"}


def test_the_queue_names_the_chance_after_so_long_a_silence_and_the_play(
    marts: Marts,
) -> None:
    rows = marts.rows(
        """
        select queue.*, journeys.deal_id
        from marts.fct_recovery_queue as queue
        inner join marts.fct_journeys as journeys using (journey_id)
        """
    )
    found = by(rows, "deal_id")
    assert not {"said", "skipped", "2024-06-05won_late0"} & set(found)
    lagging, late = found["lagging"], found["2024-12-20open0"]
    assert lagging["silent_since"] == datetime(2024, 11, 10)
    assert (lagging["missed_stage_code"], lagging["play_names"]) == ("b", "Play call")
    assert (lagging["basis_code"], lagging["recovery_rate"]) == ("too_few", None)
    assert found["refused"]["reason_code"] == "dropped"
    assert (late["basis_code"], late["silences_count"]) == ("stage", 40)
    assert (late["won_back_count"], late["expected_amount"]) == (26, 0.65 * 200)
    assert late["place"] == 1
