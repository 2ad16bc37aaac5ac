"""What targets need of stages and activities by now, of made-up journeys, by hand.

A journey came every five days; a call ten days later; forty days after it came every
second one was won and the others lost.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.models.event_stories import alias as event_alias
from tests.models.stories import Row, changes, deal, registry, stage
from tests.warehouse import Files, Marts, Warehouse

AS_OF = "2025-02-10"
BEGUN = datetime(2024, 2, 1)
DECIDED = 60
STAGES = [
    stage("a", 1, stage_name="Asked"),
    stage("w", 2, outcome_code="won"),
    stage("x", 90, outcome_code="lost"),
]
LATELY = ("2025-01-22", "2025-01-25", "2025-01-28", "2025-02-02", "2025-02-05")


def target(start: str, metric_code: str, value: float, **columns: Any) -> Row:
    row = {"period_start": start, "period_code": "month", "pipeline_code": "p"}
    return {
        **row,
        "owner_id": None,
        "team_code": None,
        "metric_code": metric_code,
        "from_stage_code": None,
        "to_stage_code": None,
        "horizon_days": None,
        "target_value": value,
        **columns,
    }


TARGETS = [
    target("2025-03-01", "won_count", 10),
    target("2025-03-01", "won_count", 2, owner_id="olga"),
    target("2025-02-01", "entered_count", 10, to_stage_code="a"),
    target("2025-03-01", "entered_count", 310, to_stage_code="a"),
    target("2025-02-01", "called_count", 28),
    target("2025-02-01", "mailed_count", 28),
    target("2025-01-01", "won_count", 10),
]


def stories() -> tuple[list[Row], list[Row], list[Row]]:
    rows, deals, calls = [], [], []
    for number in range(DECIDED):
        name, came = f"j{number}", BEGUN + timedelta(days=5 * number)
        end = "x" if number % 2 else "w"
        rows += changes(name, f"{came} a", f"{came + timedelta(days=40)} {end}")
        deals.append(deal(name, end))
        calls.append(call(name, came + timedelta(days=10)))
        if end == "w":  # service after the sale
            calls.append(call(name, came + timedelta(days=50)))
    for number, day in enumerate(LATELY):
        rows += changes(f"new{number}", f"{day} a")
        deals.append(
            deal(f"new{number}", "a", owner_id="olga" if number < 2 else "tom")
        )
    return rows, deals, calls


def call(deal_id: str, time: datetime) -> Row:
    row = {"activity_id": f"{deal_id}{time:%Y%m%d}", "source_event": "call"}
    return {**row, "occurred_at": time, "deal_id": deal_id}


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    return build(warehouse)


@pytest.fixture(scope="module")
def unwatched(warehouse: Warehouse) -> Marts:
    """As-of is weeks past the last extract of the only source."""
    return build(warehouse, as_of=datetime(2025, 3, 5))


def build(warehouse: Warehouse, **how: Any) -> Marts:
    rows, deals, calls = stories()
    files: Files = {
        f"plain/stage_changes/{AS_OF}.csv": rows,
        f"plain/deals/{AS_OF}.csv": deals,
        f"plain/activities/{AS_OF}.csv": calls,
    }
    seeds = registry(STAGES)
    seeds |= {
        "targets": TARGETS,
        "event_aliases": [
            event_alias("call", "called", actor_code="seller"),
            event_alias("mail", "mailed", actor_code="seller"),
        ],
    }
    models = ("fct_early_warnings", "fct_activity_volumes")
    return warehouse.build(files, seeds=seeds, models=models, with_tests=True, **how)


def warning(
    marts: Marts, metric_code: str, volume_code: str, owner: str = "all"
) -> Any:
    query = """
        select * from marts.fct_early_warnings
        where metric_code = ? and volume_code = ? and owner_id = ?
    """
    (row,) = marts.rows(query, metric_code, volume_code, owner)
    return row


def test_a_quota_needs_entries_a_lag_before_at_the_measured_chance(
    marts: Marts,
) -> None:
    row = warning(marts, "won_count", "a")
    assert (row["wins_per_volume"], row["needed_count"]) == (pytest.approx(0.5), 20)
    assert (row["due_from"], row["due_until"]) == (
        datetime(2025, 1, 20),
        datetime(2025, 2, 20),
    )
    # 22 of 31 days have passed
    assert row["due_count"] == pytest.approx(20 * 22 / 31, abs=1e-3)
    assert (row["actual_count"], row["is_warning"], row["is_too_late"]) == (
        5,
        True,
        False,
    )


def test_a_warning_is_said_in_words_with_its_lag(marts: Marts) -> None:
    assert warning(marts, "won_count", "a")["warning_text"] == (
        '"Asked" 65 % under what March 2025 needs: 5 of 14 by 2025-02-10; '
        "a win comes 40 days later, half of them 40 to 40"
    )


def test_calls_are_needed_by_what_they_brought_a_lag_later(marts: Marts) -> None:
    row = warning(marts, "won_count", "called")
    # 60 calls before, 30 wins; service after the sale is no call for a win
    assert (row["wins_per_volume"], row["median_lag_seconds"]) == (0.5, 30 * 86_400)
    assert row["due_count"] == pytest.approx(20 * 12 / 31, abs=1e-3)
    assert (row["actual_count"], row["is_warning"]) == (0, True)


def test_an_owners_target_counts_that_owners_journeys(marts: Marts) -> None:
    row = warning(marts, "won_count", "a", owner="olga")
    assert (row["needed_count"], row["actual_count"]) == (pytest.approx(4), 2)
    assert not row["is_warning"]


def test_a_target_of_a_volume_is_met_in_its_own_period(marts: Marts) -> None:
    entries = warning(marts, "entered_count", "a")
    assert (entries["actual_count"], entries["due_count"]) == (
        2,
        pytest.approx(10 * 10 / 28, abs=1e-3),
    )
    calls = warning(marts, "called_count", "called")
    assert calls["warning_text"] == (
        "called 100 % under what February 2025 needs: 0 of 10 by 2025-02-10"
    )


def test_nothing_is_said_of_periods_that_are_over_or_of_what_nobody_records(
    marts: Marts,
) -> None:
    found = marts("select distinct period_start from marts.fct_early_warnings")
    assert sorted(found) == [(date(2025, 2, 1),), (date(2025, 3, 1),)]
    metrics = marts("select distinct metric_code from marts.fct_early_warnings")
    assert ("mailed_count",) not in metrics


def test_nobody_is_warned_of_what_nobody_watched(unwatched: Marts) -> None:
    found = unwatched("select distinct metric_code from marts.fct_early_warnings")
    assert found == [("won_count",)]
    row = warning(unwatched, "won_count", "a")
    assert row["due_count"] == pytest.approx(20 * 22 / 31, abs=1e-3)
    assert row["is_too_late"]
    assert row["warning_text"].startswith(
        '"Asked" 65 % under what March 2025 needs: 5 of 14 by 2025-02-10; '
    )
    calls = warning(unwatched, "won_count", "called")
    assert calls["wins_per_volume"] == 0.5
    assert calls["due_count"] == pytest.approx(20 * 12 / 31, abs=1e-3)


def test_volumes_are_told_of_every_month_since_the_first(marts: Marts) -> None:
    found = marts(
        """
        select month, volume_count, previous_month_count, is_complete
        from marts.fct_activity_volumes
        where pipeline_code = 'p' and volume_code = 'a' and month >= '2024-12-01'
        order by month
        """
    )
    assert found == [
        (date(2024, 12, 1), 0, 5, True),
        (date(2025, 1, 1), 3, 0, True),
        (date(2025, 2, 1), 2, 3, False),
    ]


def test_a_month_is_complete_if_it_was_watched_to_its_end(unwatched: Marts) -> None:
    found = unwatched(
        """
        select month, volume_count, is_complete
        from marts.fct_activity_volumes
        where pipeline_code = 'p' and volume_code = 'a' and month >= '2025-01-01'
        order by month
        """
    )
    assert found == [
        (date(2025, 1, 1), 3, True),
        (date(2025, 2, 1), 2, False),
        (date(2025, 3, 1), 0, False),
    ]
