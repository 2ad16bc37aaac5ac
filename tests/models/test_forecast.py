"""Forecasts, quotas, bottlenecks and owners of a few deals, by hand."""

from datetime import date, datetime
from math import ceil
from typing import Any

import pytest

from tests.models.stories import (
    Row,
    changes,
    deal,
    registry,
    segments_by_product,
    stage,
)
from tests.warehouse import Marts, Rows, Warehouse

STAGES = [
    stage("a", 1, probability=0.25, stale_after_days=10),
    stage("w", 2, probability=1, outcome_code="won"),
    stage("x", 90, probability=0, outcome_code="lost"),
]
# Of thirty, twelve were won after 5 days and the rest lost after 8. Of sixty, thirty
# were won after 5 days; of those that outlasted the patience, 6 of 30 after 15.
ENDS = {
    "one": [("2024-01-06", "w")] * 12 + [("2024-01-09", "x")] * 18,
    "two": [("2024-01-06", "w")] * 30
    + [("2024-01-16", "w")] * 6
    + [("2024-01-16", "x")] * 24,
}
CLOSED = [
    (f"{product}_{number}", product, end)
    for product, ends in ENDS.items()
    for number, end in enumerate(ends)
]


# A source may tell owners by their addresses, which no mart has.
TOM = "tom@corp.example"
OWNERS = {"one": "olga", "two": TOM}


def quota(start: str, period: str, metric: str, value: float, owner: str = "") -> Row:
    row = {"period_start": start, "period_code": period, "metric_code": metric}
    return {**row, "owner_id": owner, "team_code": "", "pipeline_code": "p"} | {
        "from_stage_code": "",
        "to_stage_code": "",
        "horizon_days": "",
        "target_value": value,
    }


TARGETS = [
    quota("2024-01-01", "quarter", "won_amount", 6000),
    quota("2024-01-01", "quarter", "won_count", 20, owner="olga"),
    quota("2024-01-01", "month", "won_count", 40, owner=TOM),
    quota("2024-02-01", "month", "won_count", 5),
    quota("2024-04-01", "quarter", "won_amount", 6000),
]


def closing(day: str, deal_id: str, product: str, **columns: Any) -> Row:
    return deal(deal_id, "a", product=product, expected_close_at=day, **columns)


FILES: dict[str, Rows] = {
    "plain/deals/2024-02-20.csv": [
        *(
            deal(name, code, product=product, amount=100, owner_id=OWNERS[product])
            for name, product, (_, code) in CLOSED
        ),
        closing("2024-03-20", "limbo", "one", amount=50),
        closing("2024-02-25", "late", "three"),
    ],
    "plain/deals/2024-02-28.csv": [
        closing("2024-04-20", "limbo", "one", amount=50),
        closing("2024-04-20", "lasting", "two", amount=1000),
    ],
    "plain/deals/2024-03-05.csv": [
        closing("2024-05-20", "limbo", "one", amount=50),
        closing("2024-04-10", "new", "one", amount=100, probability=0.5),
        closing("2024-03-03", "newer", "one", amount=300, owner_id="olga"),
        deal("late", "x", product="three"),
    ],
    "plain/stage_changes/2024-02-20.csv": [
        *(
            row
            for name, _, end in CLOSED
            for row in changes(name, "2024-01-01 a", " ".join(end))
        ),
        *changes("limbo", "2024-02-10 a"),
        *changes("late", "2024-02-01 a"),
    ],
    "plain/stage_changes/2024-02-28.csv": changes("lasting", "2024-02-22 a"),
    "plain/stage_changes/2024-03-05.csv": [
        *changes("new", "2024-03-02 a"),
        *changes("newer", "2024-03-02 a"),
        *changes("late", "2024-02-15 x"),
    ],
}
MODELS = (
    *("fct_pipeline_forecast", "fct_forecast_calibration"),
    *("fct_target_attainment", "fct_bottlenecks", "fct_owner_performance"),
    "dim_owners",
)
ONE_CHANCE = 12 / 31  # the deal in limbo was at risk as well, and is open still


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    seeds = {**registry(STAGES), **segments_by_product("one", "two", "three")}
    seeds |= {"targets": TARGETS}
    return warehouse.build(FILES, seeds=seeds, models=MODELS)


def tonight(marts: Marts, **where: Any) -> dict[str, Any]:
    """Tonight's row of one total, `all` unless said otherwise."""
    keys = {"pipeline_code": "all", "stage_code": "all", "segment_code": "all"}
    keys |= {"close_code": "all", **where}
    conditions = " and ".join(f"{key} = ?" for key in keys)
    query = f"select * from marts.fct_pipeline_forecast where is_as_of and {conditions}"
    (row,) = marts.rows(query, *keys.values())
    return row


def test_open_value_is_weighted_by_what_became_of_the_stages_earlier_journeys(
    marts: Marts,
) -> None:
    row = tonight(marts, segment_code="one")
    assert (row["open_count"], row["open_amount"]) == (3, 450)
    assert row["measured_wins"] == pytest.approx(3 * ONE_CHANCE)
    assert row["measured_amount"] == pytest.approx(450 * ONE_CHANCE)


def test_what_the_crm_states_stands_beside_else_what_the_registry_says(
    marts: Marts,
) -> None:
    row = tonight(marts, segment_code="one")
    assert row["stated_amount"] == pytest.approx(100 * 0.5 + 350 * 0.25)
    assert row["stated_wins"] == pytest.approx(0.5 + 2 * 0.25)


def test_a_deal_past_its_patience_has_the_chance_of_those_that_outlasted_it(
    marts: Marts,
) -> None:
    row = tonight(marts, segment_code="two")
    assert (row["limbo_count"], row["limbo_amount"]) == (1, 1000)
    assert row["measured_amount"] == pytest.approx(1000 * 6 / 30)


def test_the_interval_holds_the_luck_of_each_deal_and_the_error_of_the_chance(
    marts: Marts,
) -> None:
    row = tonight(marts, segment_code="two")
    error = 1000 * (0.2 * 0.8 + 0.2 * 0.8 / 30) ** 0.5
    assert row["measured_amount_low"] == 0
    assert row["measured_amount_high"] == pytest.approx(200 + 1.959963984540054 * error)


def test_a_close_put_off_twice_is_slipping_and_one_in_the_past_overdue(
    marts: Marts,
) -> None:
    row = tonight(marts)
    assert (row["slipping_count"], row["overdue_count"]) == (1, 1)
    assert row["open_count"] == 4


def test_months_of_expected_close_add_up_to_the_whole(marts: Marts) -> None:
    months = marts("""
        select expected_close_month, open_count, measured_amount
        from marts.fct_pipeline_forecast
        where is_as_of and close_code = 'month' and pipeline_code = 'all'
            and stage_code = 'all' and segment_code = 'all'
        order by 1
    """)
    assert [(month, count) for month, count, _ in months] == [
        (date(2024, 3, 1), 1),
        (date(2024, 4, 1), 2),
        (date(2024, 5, 1), 1),
    ]
    whole = tonight(marts)["measured_amount"]
    assert sum(amount for *_, amount in months) == pytest.approx(whole)


def test_a_past_forecast_is_made_with_what_was_known_then(marts: Marts) -> None:
    (row,) = marts.rows("""
        select * from marts.fct_forecast_calibration
        where forecast_month = '2024-02-01' and probability_code = 'measured'
            and pipeline_code = 'all' and band_code = 'all'
    """)
    assert row["knowledge_basis"] == "known_at"
    # its loss of 15 February came with the extract of 5 March
    assert (row["lost_count"], row["won_count"], row["open_count"]) == (1, 0, 2)
    chance = 42 / 93 + 51 / 93 * 6 / 50
    assert row["mean_probability"] == pytest.approx(chance)
    assert row["brier_score"] == pytest.approx(chance**2)
    assert not row["is_mature"]


def attainment(
    marts: Marts, start: str, metric_code: str, period_code: str = "%"
) -> dict[str, Any]:
    query = """
        select * from marts.fct_target_attainment
        where period_start = ? and metric_code = ? and period_code like ?
    """
    (row,) = marts.rows(query, start, metric_code, period_code)
    return row


def test_what_wins_and_open_deals_do_not_cover_must_enter_in_time(marts: Marts) -> None:
    row = attainment(marts, "2024-01-01", "won_amount")
    assert (row["won_count"], row["won_value"]) == (48, 4800)
    # of the open deals one alone is expected to close in this quarter
    missing = 1200 - 300 * ONE_CHANCE
    assert row["missing_value"] == pytest.approx(missing)
    assert row["coverage_rate"] == pytest.approx(300 * ONE_CHANCE / 1200)
    win_rate = 42 / 93 + 33 / 93 * 6 / 32
    assert row["win_rate"] == pytest.approx(win_rate)
    assert row["deals_needed_count"] == ceil(missing / (100 * win_rate))
    # half the wins took 5 days
    assert (row["enter_by_at"], row["is_too_late"]) == (datetime(2024, 3, 27), False)


def hashed_owner(marts: Marts) -> str:
    (owner,) = marts(
        "select owner_id from marts.dim_owners "
        "where owner_id not in ('olga', 'all', 'unknown')"
    )
    assert "@" not in owner[0]
    return str(owner[0])


def test_a_quota_of_an_owner_counts_that_owners_wins_and_deals(marts: Marts) -> None:
    row = attainment(marts, "2024-01-01", "won_count", "quarter")
    assert (row["owner_id"], row["won_value"]) == ("olga", 12)
    assert row["weighted_value"] == pytest.approx(ONE_CHANCE)


def test_a_quota_of_an_owner_told_by_address_is_of_the_hash_that_deals_bear(
    marts: Marts,
) -> None:
    row = attainment(marts, "2024-01-01", "won_count", "month")
    assert (row["owner_id"], row["won_value"]) == (hashed_owner(marts), 36)


def test_a_period_to_come_is_covered_by_what_is_expected_in_it_alone(
    marts: Marts,
) -> None:
    row = attainment(marts, "2024-04-01", "won_amount")
    # the deal of 300 is expected in March; that of 1000 has outlasted its patience
    assert row["weighted_value"] == pytest.approx(150 * ONE_CHANCE + 1000 * 6 / 30)
    assert row["missing_value"] == pytest.approx(6000 - row["weighted_value"])


def test_a_period_that_is_over_asks_for_no_more_deals(marts: Marts) -> None:
    row = attainment(marts, "2024-02-01", "won_count")
    assert (row["won_count"], row["attainment_rate"]) == (0, 0)
    assert row["is_ended"] and row["deals_needed_count"] is None


def test_time_in_a_stage_counts_those_that_are_there_still(marts: Marts) -> None:
    (row,) = marts.rows(
        "select * from marts.fct_bottlenecks where segment_code = 'one'"
    )
    assert (row["visits_count"], row["open_count"], row["stale_count"]) == (33, 3, 1)
    # 12 of 31 leave after 5 days, 18 of 19 after 8
    assert (row["median_seconds"], row["p90_seconds"]) == (8 * 86400, 8 * 86400)
    assert row["advancing_rate"] == pytest.approx(ONE_CHANCE)
    assert row["leaving_rate"] == pytest.approx(18 / 31)


def test_a_segment_that_converts_less_than_all_of_them_has_a_drop(marts: Marts) -> None:
    (row,) = marts.rows(
        "select * from marts.fct_bottlenecks where segment_code = 'one'"
    )
    assert (row["horizon_days"], row["entered_count"]) == (30, 30)
    assert row["compared_code"] == "all_segments"
    assert row["worst_drop"] == pytest.approx(48 / 90 - 12 / 30)
    assert row["is_worst_drop"]


def test_owners_are_compared_by_rates_that_few_outcomes_cannot_carry_away(
    marts: Marts,
) -> None:
    rows = {
        row["owner_id"]: row
        for row in marts.rows(
            "select * from marts.fct_owner_performance where pipeline_code = 'p'"
            " and (owner_id <> 'all' or team_code = 'all')"
        )
    }
    tom = hashed_owner(marts)
    assert rows["olga"]["conversion_rate"] == pytest.approx(12 / 30)
    assert rows[tom]["conversion_rate"] == pytest.approx(36 / 60)
    assert rows["unknown"]["outcomes_count"] == 1
    common, outcomes = rows["all"]["conversion_rate"], {"olga": 30, tom: 60}
    counts = {**outcomes, "unknown": 1}
    spread = sum(
        count * (rows[owner]["conversion_rate"] - common) ** 2
        for owner, count in counts.items()
    )
    effective = 91 - sum(count**2 for count in counts.values()) / 91
    between = (spread - 2 * common * (1 - common)) / effective
    for owner, count in outcomes.items():
        kept = between / (between + common * (1 - common) / count)
        own = rows[owner]["conversion_rate"]
        assert rows[owner]["shrunk_rate"] == pytest.approx(
            common + kept * (own - common)
        )


def test_an_owner_is_told_what_is_open_stale_and_won(marts: Marts) -> None:
    (row,) = marts.rows("""
        select * from marts.fct_owner_performance
        where pipeline_code = 'p' and owner_id = 'olga'
    """)
    assert (row["won_count"], row["lost_count"], row["won_amount"]) == (12, 18, 1200)
    assert (row["unvalued_count"], row["open_count"], row["stale_share"]) == (0, 1, 0)
    assert row["weighted_amount"] == pytest.approx(300 * ONE_CHANCE)
    assert row["median_seconds_to_win"] == 5 * 86400
