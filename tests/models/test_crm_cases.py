"""The shared cases with known answers: eleven awkward deals, six censored journeys."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.models import stories
from tests.warehouse import Marts, Warehouse

Cases = dict[str, Any]
JANUARY = date(2024, 1, 1)
# The last change is of 5 March, so a later day than the cases' own alters no answer;
# it lets the six journeys be watched for 10 to 40 days from one and the same month.
AS_OF = datetime(2024, 4, 15)
TOTALS = "segment_code = 'all' and channel_code = 'all'"


@pytest.fixture(scope="module")
def cases(shared: Path) -> Cases:
    path = shared / "cases/crm_stage_cases.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def histories(cases: Cases) -> list[stories.Row]:
    return [
        row
        for deal_id, moves in cases["histories"].items()
        for row in stories.changes(deal_id, *(f"{day} {name}" for day, name in moves))
    ]


def censored(cases: Cases) -> list[stories.Row]:
    """Six journeys of pipeline `c`; the open entered as long ago as watched."""
    rows = []
    for number, (days, ending) in enumerate(cases["censoring"]["days_to_outcome"]):
        is_open = ending == "open"
        entered = AS_OF - timedelta(days=days if is_open else 40)
        moves = [f"{entered} begun"]
        if not is_open:
            moves += [f"{entered + timedelta(days=days)} {ending}"]
        rows += stories.changes(f"c{number}", *moves, source_pipeline="c")
    return rows


def registry(cases: Cases) -> dict[str, list[stories.Row]]:
    outcomes = {code: {"outcome_code": code} for code in ("won", "lost")}
    stages = [
        stories.stage(code, order, **outcomes.get(code, {}))
        for code, order in cases["stage_order"].items()
    ]
    lost = cases["terminal_lost"]
    stages += [stories.stage(lost, 90, **outcomes["lost"])]
    stages += [
        stories.stage("begun", 1, pipeline="c"),
        stories.stage("won", 2, pipeline="c", **outcomes["won"]),
        stories.stage("lost", 90, pipeline="c", **outcomes["lost"]),
    ]
    return stories.registry(stages)


@pytest.fixture(scope="module")
def marts(cases: Cases, warehouse: Warehouse) -> Marts:
    rows = [*histories(cases), *censored(cases)]
    models = ("fct_journeys", "fct_journey_steps", "fct_segment_funnels")
    models += ("fct_monthly_conversions", "fct_monthly_throughput")
    files = {f"plain/stage_changes/{AS_OF:%Y%m%dT%H%M%SZ}.csv": rows}
    return warehouse.build(files, seeds=registry(cases), models=models)


def steps_counted(marts: Marts, flag: str) -> dict[str, int]:
    return dict(
        marts(
            f"""
            select stage_code, count(*) filter (where {flag})
            from marts.fct_journey_steps
            inner join marts.fct_journeys using (journey_id, pipeline_code)
            where pipeline_code = 'p' and cohort_month = ?
            group by all
            """,
            JANUARY,
        )
    )


COUNTS = [
    ("touched", "is_touched", "touched_count"),
    ("reached", "is_reached", "reached_count"),
    ("all_in_order", "is_in_order", "in_order_count"),
]


@pytest.mark.parametrize(("name", "flag", "_"), COUNTS)
def test_steps_of_journeys_are_those_worked_out_by_hand(
    marts: Marts, cases: Cases, name: str, flag: str, _: str
) -> None:
    expected = cases["expected"]["entry_cohort_2024_01"][name]
    assert steps_counted(marts, flag) == expected


@pytest.mark.parametrize(("name", "_", "column"), COUNTS)
def test_funnels_count_what_was_worked_out_by_hand(
    marts: Marts, cases: Cases, name: str, _: str, column: str
) -> None:
    found = marts(
        f"""
        select step_code, {column}, entered_count from marts.fct_segment_funnels
        where funnel_code = 'p' and cohort_month = ? and {TOTALS}
        """,
        JANUARY,
    )
    cohort = cases["expected"]["entry_cohort_2024_01"]
    assert {step: count for step, count, _ in found} == cohort[name]
    assert {entered for *_, entered in found} == {cohort["deals"]}


def test_outcomes_are_those_worked_out_by_hand(marts: Marts, cases: Cases) -> None:
    found = marts(
        """
        select outcome_code, count(*) from marts.fct_journeys
        where pipeline_code = 'p' and cohort_month = ? group by all
        """,
        JANUARY,
    )
    assert dict(found) == cases["expected"]["entry_cohort_2024_01"]["outcome"]


def test_months_of_wins_and_entries_are_those_worked_out_by_hand(
    marts: Marts, cases: Cases
) -> None:
    wins = marts(f"""
        select strftime(month, '%Y-%m'), sum(won_count)
        from marts.fct_monthly_throughput
        where pipeline_code = 'p' and {TOTALS} group by all having sum(won_count) > 0
    """)
    assert dict(wins) == cases["expected"]["period_wins_by_event_month"]
    entries = marts("""
        select strftime(cohort_month, '%Y-%m'), count(*) from marts.fct_journeys
        where pipeline_code = 'p' group by all
    """)
    assert dict(entries) == cases["expected"]["period_entries_by_month"]


def test_each_visit_ends_in_one_way(marts: Marts) -> None:
    found = marts(f"""
        select
            step_code, sum(visits_count), sum(advanced_count), sum(lost_count),
            sum(moved_back_count), sum(completed_count), sum(still_open_count)
        from marts.fct_segment_funnels
        where funnel_code = 'p' and {TOTALS} group by all order by min(step_order)
    """)
    # d7 is twice at the first stage, d3 twice at the second and the third.
    assert found == [
        ("lead", 11, 9, 2, 0, 0, 0),
        ("qualified", 9, 6, 0, 0, 0, 3),
        ("proposal", 8, 4, 1, 2, 0, 1),
        ("won", 5, 0, 0, 0, 5, 0),
    ]


def test_a_deal_that_skips_back_and_forth_keeps_its_first_times(marts: Marts) -> None:
    found = marts("""
        select stage_code, first_reached_at from marts.fct_journey_steps
        inner join marts.fct_journeys using (journey_id)
        where deal_id = 'd3_backward_then_won' order by 2
    """)
    days = {stage: time.date().isoformat() for stage, time in found}
    assert days == {
        "lead": "2024-01-08",
        "qualified": "2024-01-12",
        "proposal": "2024-01-15",
        "won": "2024-03-01",
    }


def censored_figures(marts: Marts, horizon_days: int) -> dict[str, Any]:
    (row,) = marts.rows(
        """
        select * from marts.fct_monthly_conversions
        where pipeline_code = 'c' and to_stage_code = 'won' and horizon_days = ?
            and segment_code = 'all' and channel_code = 'all'
        """,
        horizon_days,
    )
    return row


def test_losses_compete_with_wins_and_the_open_are_censored(
    marts: Marts, cases: Cases
) -> None:
    """All is over after 40 days, so the figures of 60 days are those of 40."""
    row = censored_figures(marts, 60)
    expected = cases["censoring"]["expected_at_40_days"]
    incidence = expected["cumulative_incidence_won (Aalen-Johansen)"]
    assert row["cumulative_incidence"] == pytest.approx(incidence, abs=5e-6)
    assert row["conversion_rate"] == expected["won_over_all"]
    closed = row["converted_count"] + row["lost_count"]
    assert row["converted_count"] / closed == expected["won_over_closed"]
    assert (row["entered_count"], row["open_count"], row["at_risk_count"]) == (6, 2, 0)


def test_a_horizon_counts_its_last_second(marts: Marts, cases: Cases) -> None:
    """At 30 days two are at risk: one censored just then, one won later."""
    row = censored_figures(marts, 30)
    by_day = {day: incidence for day, _, incidence, _ in cases["censoring"]["steps"]}
    assert row["cumulative_incidence"] == pytest.approx(by_day[30], abs=1e-9)
    assert (row["converted_count"], row["lost_count"], row["open_count"]) == (2, 1, 3)
    assert row["at_risk_count"] == 2


def test_a_young_cohort_is_not_mature(marts: Marts) -> None:
    assert not censored_figures(marts, 30)["is_mature"]
