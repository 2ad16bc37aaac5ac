"""CRM Sales Opportunities: the figures that any correct pipeline reproduces."""

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.warehouse import Marts, Warehouse

pytestmark = pytest.mark.slow

MODELS = (
    *("fct_journeys", "fct_stage_transitions", "fct_stage_snapshots"),
    *("fct_segment_funnels", "fct_monthly_conversions", "fct_monthly_throughput"),
    *("fct_pipeline_forecast", "fct_forecast_calibration", "fct_owner_performance"),
    *("dim_stages", "dq_load_audit", "dq_reconciliations"),
)
ALL = "segment_code = 'all' and channel_code = 'all'"


@pytest.fixture(scope="module")
def maven_crm(shared: Path, warehouse: Warehouse) -> Marts:
    """The public CRM extract alone, with the shipped seeds."""
    file = shared / "data/maven_crm/sales_pipeline.csv"
    files = {"maven_crm/sales_pipeline.csv": file.read_bytes()}
    return warehouse.build(files, sources="maven_crm", models=MODELS)


@pytest.fixture(scope="module")
def opportunities(shared: Path) -> list[dict[str, str]]:
    path = shared / "data/maven_crm/sales_pipeline.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_extract_is_one_journey(
    maven_crm: Marts, opportunities: list[dict[str, str]]
) -> None:
    found = maven_crm("select deal_id from marts.fct_journeys order by deal_id")
    expected = sorted(row["opportunity_id"] for row in opportunities)
    assert [deal_id for (deal_id,) in found] == expected
    assert len(expected) == 8_800


def test_journeys_end_in_the_stages_that_the_extract_shows(maven_crm: Marts) -> None:
    found = maven_crm("""
        select stages.stage_name, journeys.outcome_code, count(*)
        from marts.fct_journeys as journeys
        inner join marts.dim_stages as stages
            on journeys.pipeline_code = stages.pipeline_code
            and journeys.current_stage_code = stages.stage_code
        group by all
        order by 1
    """)
    assert found == [
        ("Decided against", "lost", 2_473),
        ("Engaging", "open", 1_589),
        ("Prospecting", "open", 500),
        ("Signed", "won", 4_238),
    ]


def test_won_value_is_that_of_the_extract(maven_crm: Marts) -> None:
    query = "select sum(amount), sum(home_amount) from marts.fct_journeys"
    assert maven_crm.one(f"{query} where outcome_code = 'won'") == (10_005_534,) * 2
    # The extract gives a lost opportunity a value of 0, and an open one none.
    assert maven_crm.one(f"{query} where outcome_code = 'lost'") == (0, 0)
    assert maven_crm.one(f"{query} where outcome_code = 'open'") == (None, None)


def test_months_add_up_to_the_wins_and_losses_of_the_whole(maven_crm: Marts) -> None:
    won, lost, amount = maven_crm.one(f"""
        select sum(won_count), sum(lost_count), sum(won_amount)
        from marts.fct_monthly_throughput
        where pipeline_code = 'all' and {ALL}
    """)
    assert (won, lost, amount) == (4_238, 2_473, 10_005_534)


def test_rows_without_any_date_are_in_no_cohort_and_counted_as_such(
    maven_crm: Marts,
) -> None:
    undated = maven_crm("""
        select current_stage_code, count(*), count(entered_at), count(outcome_at)
        from marts.fct_journeys where cohort_month is null group by all
    """)
    assert undated == [("prospecting", 500, 0, 0)]
    counted = maven_crm("""
        select expected_count, actual_count, difference_count
        from marts.dq_reconciliations
        where check_code = 'journeys_without_time' and scope = 'maven_crm'
    """)
    assert counted == [(500, 500, 0)]


def test_rows_without_any_date_are_in_the_ledger_and_in_no_month_or_day(
    maven_crm: Marts,
) -> None:
    undated = "stage_code = 'prospecting'"
    ledger = """
        select count(*), count(changed_at) from marts.fct_stage_transitions
        where to_stage_code = 'prospecting'
    """
    assert maven_crm.one(ledger) == (500, 0)
    for table in ("fct_stage_snapshots", "fct_monthly_throughput"):
        query = f"select count(*) from marts.{table} where {undated}"
        assert maven_crm.one(query) == (0,), table


def test_all_rows_are_accounted_for(maven_crm: Marts) -> None:
    off = "select * from marts.dq_reconciliations where difference_count <> 0"
    assert maven_crm(off) == []
    landed = "select physical_count, landed_count, rejected_count, erased_count"
    assert maven_crm(f"{landed} from marts.dq_load_audit") == [(8_800, 8_800, 0, 0)]


def test_journeys_are_watched_until_the_set_ends(maven_crm: Marts) -> None:
    query = "select distinct observed_until from marts.fct_journeys"
    assert maven_crm(query) == [(datetime(2017, 12, 31, 23, 59, 59),)]


def test_cohorts_before_the_history_begins_are_left_truncated(
    maven_crm: Marts,
) -> None:
    found = maven_crm("""
        select
            cohort_month, bool_and(is_left_truncated), bool_or(is_left_truncated),
            bool_or(is_mature), count(change_p_value)
        from marts.fct_monthly_conversions
        where cohort_month < date '2017-03-01'
        group by all order by 1
    """)
    months = [date(2016, month, 1) for month in (10, 11, 12)]
    months += [date(2017, month, 1) for month in (1, 2)]
    assert found == [(month, True, True, False, 0) for month in months]


def test_cohorts_watched_from_their_entry_are_not_left_truncated(
    maven_crm: Marts,
) -> None:
    found = maven_crm("""
        select count(*) > 0, bool_or(is_left_truncated), bool_or(is_mature)
        from marts.fct_monthly_conversions where cohort_month >= date '2017-03-01'
    """)
    assert found == [(True, False, True)]


def test_the_first_quarter_is_not_read_as_a_better_one(maven_crm: Marts) -> None:
    """Nothing closes before 2017-03, so who is still there then was not lost early."""
    rates = dict(
        maven_crm(f"""
        select cohort_month, cumulative_incidence from marts.fct_monthly_conversions
        where horizon_days = 90 and pipeline_code = 'all' and {ALL}
    """)
    )
    assert rates[date(2016, 10, 1)] is None
    assert 0.3 < rates[date(2017, 1, 1)] < 0.5
    assert rates[date(2017, 3, 1)] == pytest.approx(346 / 792, abs=1e-12)


def test_the_last_day_shows_what_is_open(maven_crm: Marts) -> None:
    found = maven_crm("""
        select snapshot_date, stage_code, open_count
        from marts.fct_stage_snapshots
        where snapshot_date = (select max(snapshot_date) from marts.fct_stage_snapshots)
    """)
    assert found == [(date(2017, 12, 31), "engaging", 1_589)]


def test_funnels_hold_every_journey_once_the_undated_in_no_month(
    maven_crm: Marts,
) -> None:
    found = maven_crm(f"""
        select
            cohort_month is null, step_order, sum(entered_count), sum(touched_count),
            sum(reached_count), sum(reached_by_entry_count), sum(lost_count),
            sum(still_open_count)
        from marts.fct_segment_funnels where {ALL} group by all order by 1, 2
    """)
    assert found == [
        (False, 1, 8_300, 0, 8_300, 8_300, 0, 0),
        (False, 2, 8_300, 8_300, 8_300, 0, 2_473, 1_589),
        (False, 3, 8_300, 4_238, 4_238, 0, 0, 0),
        (True, 1, 500, 500, 500, 0, 0, 500),
        (True, 2, 500, 0, 0, 0, 0, 0),
        (True, 3, 500, 0, 0, 0, 0, 0),
    ]


def test_odd_spellings_and_empty_accounts_are_kept(
    maven_crm: Marts, opportunities: list[dict[str, str]]
) -> None:
    product = "select count(*) from marts.fct_journeys where product_code = 'GTXPro'"
    assert maven_crm.one(product) == (1_480,)
    empty = "select count(*) from marts.fct_journeys where account_id is null"
    missing = sum(not row["account"] for row in opportunities)
    assert maven_crm.one(empty) == (missing,) == (1_425,)


def month_ends(rows: list[dict[str, str]]) -> list[date]:
    days = [date.fromisoformat(row["engage_date"]) for row in rows]
    return sorted({day.replace(day=1) for day in days})[1:]


def test_past_forecasts_are_a_backfill_of_what_was_open_then(
    maven_crm: Marts, opportunities: list[dict[str, str]]
) -> None:
    dated = [row for row in opportunities if row["engage_date"]]
    expected = {
        first: sum(
            row["engage_date"] < str(first)
            and (not row["close_date"] or row["close_date"] >= str(first))
            for row in dated
        )
        for first in month_ends(dated)
        if first > date(2017, 3, 1)  # watched from March on
    }
    found = maven_crm("""
        select forecast_month + interval 1 month, open_count, knowledge_basis
        from marts.fct_pipeline_forecast as forecasts
        inner join intermediate.int_forecast_dates using (forecast_date)
        where not forecasts.is_as_of and close_code = 'all'
            and pipeline_code = 'all' and stage_code = 'all' and segment_code = 'all'
        order by 1
    """)
    assert {first.date(): count for first, count, _ in found} == expected
    assert {basis for *_, basis in found} == {"changed_at"}


def test_no_probability_is_stated_and_the_measured_beats_a_coin(
    maven_crm: Marts,
) -> None:
    scores = maven_crm("""
        select probability_code, knowledge_basis, brier_score
        from marts.fct_forecast_calibration
        where pipeline_code = 'all' and band_code = 'all'
            and won_count + lost_count > 100
    """)
    assert {(code, basis) for code, basis, _ in scores} == {("measured", "changed_at")}
    assert sum(score for *_, score in scores) / len(scores) < 0.25


def test_wins_and_losses_by_agent_product_and_quarter_are_the_files(
    maven_crm: Marts, opportunities: list[dict[str, str]]
) -> None:
    expected = Counter(
        (
            row["sales_agent"],
            row["product"],
            (int(row["close_date"][5:7]) + 2) // 3,
            row["deal_stage"].lower(),
        )
        for row in opportunities
        if row["close_date"]
    )
    found = maven_crm("""
        select owner_id, product_code, quarter(outcome_at), outcome_code, count(*)
        from marts.fct_journeys where outcome_at is not null group by all
    """)
    assert {tuple(key): count for *key, count in found} == expected


def test_an_agents_wins_and_losses_are_the_files(
    maven_crm: Marts, opportunities: list[dict[str, str]]
) -> None:
    expected = Counter(
        (row["sales_agent"], row["deal_stage"].lower())
        for row in opportunities
        if row["close_date"]
    )
    found = maven_crm("""
        select owner_id, won_count, lost_count from marts.fct_owner_performance
        where pipeline_code = 'all' and owner_id <> 'all'
    """)
    assert {(owner, "won"): won for owner, won, _ in found} | {
        (owner, "lost"): lost for owner, _, lost in found
    } == expected
