"""Days and months of the reporting zone, and amounts valued as of their own day."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.models.stories import (
    Row,
    alias,
    changes,
    deal,
    registry,
    segments_by_product,
    stage,
)
from tests.warehouse import Marts, Rows, Warehouse

BERLIN, KIRITIMATI = "Europe/Berlin", "Pacific/Kiritimati"
FEBRUARY, MAY, NOVEMBER = "2024-02-10", "2024-05-10", "2024-11-30"
HORIZON = timedelta(days=30)
SPRING = datetime(2024, 3, 20, 12)  # 30 days later Berlin is on summer time

STAGES = [
    stage("a", 1, probability=0.25, stale_after_days=1),
    stage("b", 2, probability=0.5),
    stage("w", 3, probability=1, outcome_code="won"),
    stage("x", 90, probability=0, outcome_code="lost"),
]
# One spelling, with a meaning that changes on a date of the reporting zone.
ALIASES = [
    alias("moving", "a", valid_to="2024-04-01"),
    alias("moving", "b", valid_from="2024-04-01"),
]
RATES = [
    {"currency_code": "USD", "rate_date": "2024-01-01", "home_rate": 0.9},
    {"currency_code": "USD", "rate_date": "2024-03-01", "home_rate": 0.8},
    {"currency_code": "GBP", "rate_date": "2024-03-01", "home_rate": 1.2},
]

TIMES = [
    *changes("edge_z", "2024-03-31T22:30:00Z a"),
    *changes("edge_naive", "2024-03-31 22:30:00 a"),
    *changes("edge_offset", "2024-04-01T00:30:00+02:00 a"),
    *changes("edge_far", "2024-03-31T17:30:00-05:00 a"),
    *changes("midnight_utc", "2024-04-01T00:00:00Z a"),
    *changes("spelled", "2024-03-31T22:30:00Z moving"),
    # The clocks of Berlin: 23 hours on 31 March, 25 on 27 October.
    *changes("short_day", "2024-03-31T00:00:00+01:00 a", "2024-04-02T12:00:00Z b"),
    *changes("long_day", "2024-10-27T00:00:00+02:00 a", "2024-10-29T12:00:00Z b"),
    # 02:30 comes twice that night, an hour apart.
    *changes(
        "twice_0230", "2024-10-27T02:30:00+02:00 a", "2024-10-27T02:30:00+01:00 b"
    ),
    *changes("on_the_second", f"{SPRING} a", f"{SPRING + HORIZON} b"),
    *changes(
        "a_second_late", f"{SPRING} a", f"{SPRING + HORIZON + timedelta(seconds=1)} b"
    ),
]
MONEY = [
    *changes("won_early", "2024-01-10 a", "2024-02-29 w"),
    *changes("won_on_rate_date", "2024-01-10 a", "2024-03-01 w"),
    *changes("won_unpriced", "2024-01-10 a", "2024-02-10 w"),
    *changes("lost", "2024-01-10 a", "2024-02-20 x"),
    *changes("open", "2024-01-10 a"),
    *changes("unpriced", "2024-01-10 b"),
    *changes("stated", "2024-01-10 b"),
    *changes("revised", "2024-01-10 b"),
    *changes("recorded", "2024-01-10 b"),
    *changes("owned", "2024-01-10 a", "2024-04-01 w"),
]


def money(deal_id: str, stage_code: str, **columns: Any) -> Row:
    """A deal whose marts by segment show it alone."""
    return deal(deal_id, stage_code, product=deal_id, amount=100, **columns)


FILES: dict[str, Rows] = {
    f"plain/stage_changes/{NOVEMBER}.csv": [*TIMES, *MONEY],
    f"plain/deals/{FEBRUARY}.csv": [
        money("won_early", "w", currency_code="USD"),
        money("won_on_rate_date", "w", currency_code="USD"),
        money("won_unpriced", "w", currency_code="GBP"),
        money("lost", "x", currency_code="USD"),
        money("open", "a", currency_code="USD"),
        money("unpriced", "b", currency_code="GBP"),
        money("stated", "b", probability=0.9),
        money("revised", "b"),
        money("recorded", "b"),
        money("owned", "w", owner_id="first"),
        *(deal(name, "b", product=name) for name in ("short_day", "long_day")),
        *(
            deal(name, "b", product="late")
            for name in ("on_the_second", "a_second_late")
        ),
    ],
    f"plain/deals/{MAY}.csv": [
        {**money("revised", "b"), "amount": 300},
        {**money("won_early", "w", currency_code="USD"), "amount": 999},
        money("owned", "w", owner_id="second"),
    ],
    f"plain/deal_changes/{NOVEMBER}.csv": [
        {"deal_id": "recorded", "field_code": field, "value": value, "changed_at": at}
        for field, value, at in [
            ("amount", 40, "2024-01-10"),
            ("amount", 60, "2024-02-15 12:00:00"),
            ("probability", 0.1, "2024-01-10"),
            ("probability", 0.7, "2024-03-01"),
        ]
    ],
}
SEGMENTS = (
    *("won_early", "won_on_rate_date", "won_unpriced", "lost", "open", "unpriced"),
    *("stated", "revised", "recorded", "owned", "short_day", "long_day", "late"),
)

BY_DAY_AND_MONTH = (
    *("fct_journeys", "fct_stage_transitions"),
    *("fct_stage_snapshots", "fct_monthly_conversions"),
)


@pytest.fixture(scope="module")
def seeds() -> Mapping[str, Rows]:
    own = registry(STAGES, ALIASES)
    return {**own, **segments_by_product(*SEGMENTS), "fx_rates": RATES}


@pytest.fixture(scope="module")
def in_utc(warehouse: Warehouse, seeds: Mapping[str, Rows]) -> Marts:
    models = (*BY_DAY_AND_MONTH, "fct_monthly_throughput")
    return warehouse.build(FILES, seeds=seeds, home_currency="EUR", models=models)


@pytest.fixture(scope="module")
def in_berlin(warehouse: Warehouse, seeds: Mapping[str, Rows]) -> Marts:
    how = {"timezone": BERLIN, "home_currency": "EUR", "models": BY_DAY_AND_MONTH}
    return warehouse.build(FILES, seeds=seeds, **how)


@pytest.fixture(scope="module")
def in_kiritimati(warehouse: Warehouse, seeds: Mapping[str, Rows]) -> Marts:
    models = ("fct_journeys", "dim_dates")
    how = {"timezone": KIRITIMATI, "home_currency": "EUR", "models": models}
    return warehouse.build(FILES, seeds=seeds, **how)


def cohorts(marts: Marts, *deal_ids: str) -> list[date]:
    query = "select cohort_month from marts.fct_journeys where deal_id = ?"
    return [marts.one(query, deal_id)[0] for deal_id in deal_ids]


def day_of(marts: Marts, segment: str, day: date) -> dict[str, Any]:
    """The snapshot of a segment's open deals on a day."""
    (row,) = marts.rows(
        """
        select * from marts.fct_stage_snapshots
        where segment_code = ? and snapshot_date = ? and open_count > 0
        """,
        segment,
        day,
    )
    return row


def journey(marts: Marts, deal_id: str) -> dict[str, Any]:
    (row,) = marts.rows("select * from marts.fct_journeys where deal_id = ?", deal_id)
    return row


EDGES = ("edge_z", "edge_naive", "edge_offset", "edge_far")


def test_one_instant_is_read_the_same_however_it_is_written(in_utc: Marts) -> None:
    found = in_utc(f"""
        select distinct entered_at from marts.fct_journeys where deal_id in {EDGES}
    """)
    assert found == [(datetime(2024, 3, 31, 22, 30),)]


@pytest.mark.parametrize(
    ("zone", "edge", "midnight"),
    [("in_utc", 3, 4), ("in_berlin", 4, 4), ("in_kiritimati", 4, 4)],
)
def test_a_month_begins_at_midnight_of_the_reporting_zone(
    request: pytest.FixtureRequest, zone: str, edge: int, midnight: int
) -> None:
    marts = request.getfixturevalue(zone)
    assert cohorts(marts, *EDGES) == [date(2024, edge, 1)] * len(EDGES)
    assert cohorts(marts, "midnight_utc") == [date(2024, midnight, 1)]


def test_days_are_those_of_a_zone_14_hours_ahead(in_kiritimati: Marts) -> None:
    """10:00 in UTC is midnight there: the day that the others call yesterday."""
    found = in_kiritimati("""
        select min(calendar_date), max(calendar_date) from marts.dim_dates
    """)
    assert found == [(date(2024, 1, 10), date(2024, 12, 1))]
    assert cohorts(in_kiritimati, "short_day", "long_day") == [
        date(2024, 3, 1),
        date(2024, 10, 1),
    ]


def test_a_day_begins_at_the_first_of_two_midnights(
    warehouse: Warehouse, seeds: Mapping[str, Rows]
) -> None:
    """In Havana clocks go back from 01:00 to 00:00, and forward from 00:00 to 01:00."""
    how = {"timezone": "America/Havana", "models": ("int_calendar",)}
    marts = warehouse.build(FILES, seeds=seeds, **how)
    found = marts("""
        select calendar_date, ended_at from intermediate.int_calendar
        where calendar_date in ('2024-03-09', '2024-03-10', '2024-11-02', '2024-11-03')
        order by all
    """)
    assert found == [
        (date(2024, 3, 9), datetime(2024, 3, 10, 5)),
        (date(2024, 3, 10), datetime(2024, 3, 11, 4)),
        (date(2024, 11, 2), datetime(2024, 11, 3, 4)),
        (date(2024, 11, 3), datetime(2024, 11, 4, 5)),
    ]


def test_a_spelling_changes_its_meaning_at_midnight_of_the_reporting_zone(
    in_utc: Marts, in_berlin: Marts
) -> None:
    assert journey(in_utc, "spelled")["current_stage_code"] == "a"
    assert journey(in_berlin, "spelled")["current_stage_code"] == "b"


@pytest.mark.parametrize(
    ("segment", "day", "hours"),
    [
        ("short_day", date(2024, 3, 31), 23),
        ("short_day", date(2024, 4, 1), 23 + 24),
        ("long_day", date(2024, 10, 27), 25),
        ("long_day", date(2024, 10, 28), 25 + 24),
    ],
)
def test_a_day_on_which_the_clocks_change_has_23_or_25_hours(
    in_berlin: Marts, segment: str, day: date, hours: int
) -> None:
    row = day_of(in_berlin, segment, day)
    assert row["mean_age_seconds"] == hours * 3_600
    assert row["stale_count"] == int(hours > 24)


def test_the_hour_that_comes_twice_keeps_its_order(in_berlin: Marts) -> None:
    found = in_berlin("""
        select to_stage_code, changed_at, seconds_in_from_stage
        from marts.fct_stage_transitions where deal_id = 'twice_0230' order by 2
    """)
    assert found == [
        ("a", datetime(2024, 10, 27, 0, 30), None),
        ("b", datetime(2024, 10, 27, 1, 30), 3_600),
    ]


@pytest.mark.parametrize("zone", ["in_utc", "in_berlin"])
def test_a_horizon_is_counted_in_seconds_its_last_one_included(
    request: pytest.FixtureRequest, zone: str
) -> None:
    found = request.getfixturevalue(zone)("""
        select horizon_days, entered_count, converted_count
        from marts.fct_monthly_conversions
        where segment_code = 'late' and pipeline_code = 'p' and channel_code = 'all'
            and from_stage_code = 'a' and to_stage_code = 'b' and horizon_days <= 60
        order by 1
    """)
    assert found == [(30, 2, 1), (60, 2, 2)]


def test_ages_of_days_are_told_in_true_seconds_in_utc(in_utc: Marts) -> None:
    row = day_of(in_utc, "short_day", date(2024, 3, 31))
    assert row["mean_age_seconds"] == 25 * 3_600


def test_a_win_is_valued_at_the_rate_of_its_day(in_utc: Marts) -> None:
    early, later = journey(in_utc, "won_early"), journey(in_utc, "won_on_rate_date")
    assert (early["amount"], early["currency_code"]) == (100, "USD")
    assert early["home_amount"] == pytest.approx(90)
    assert later["home_amount"] == pytest.approx(80)


def test_a_loss_is_valued_at_the_rate_of_its_day(in_utc: Marts) -> None:
    assert journey(in_utc, "lost")["home_amount"] == pytest.approx(90)


def test_what_is_open_is_valued_at_the_rate_of_each_day(in_utc: Marts) -> None:
    last_old, first_new = date(2024, 2, 29), date(2024, 3, 1)
    assert day_of(in_utc, "open", last_old)["open_amount"] == pytest.approx(90)
    assert day_of(in_utc, "open", first_new)["open_amount"] == pytest.approx(80)
    assert journey(in_utc, "open")["home_amount"] == pytest.approx(80)


def test_a_missing_rate_gives_null_and_never_zero_or_one(in_utc: Marts) -> None:
    row = journey(in_utc, "won_unpriced")
    assert (row["amount"], row["home_amount"]) == (100, None)


def test_what_has_no_rate_on_a_day_is_counted(in_utc: Marts) -> None:
    before = day_of(in_utc, "unpriced", date(2024, 2, 29))
    assert (before["open_count"], before["unpriced_count"]) == (1, 1)
    assert not before["open_amount"]
    after = day_of(in_utc, "unpriced", date(2024, 3, 1))
    assert (after["open_amount"], after["unpriced_count"]) == (pytest.approx(120), 0)


def test_open_value_is_weighted_by_the_stage_unless_the_deal_states_it(
    in_utc: Marts,
) -> None:
    day = date(2024, 3, 1)
    by_stage = day_of(in_utc, "revised", day)
    assert by_stage["weighted_amount"] == pytest.approx(100 * 0.5)
    stated = day_of(in_utc, "stated", day)
    assert stated["weighted_amount"] == pytest.approx(100 * 0.9)
    in_dollars = day_of(in_utc, "open", day)
    assert in_dollars["weighted_amount"] == pytest.approx(100 * 0.8 * 0.25)


def test_past_days_bear_past_amounts(in_utc: Marts) -> None:
    """The second extract says 300; until it was taken, 100 is what was known."""
    amounts = [
        day_of(in_utc, "revised", day)["open_amount"]
        for day in (date(2024, 1, 10), date(2024, 5, 9), date(2024, 5, 10))
    ]
    assert amounts == [100, 100, 300]


def test_recorded_changes_of_amount_and_probability_hold_from_their_time(
    in_utc: Marts,
) -> None:
    found = [
        (row["open_amount"], row["weighted_amount"])
        for row in (
            day_of(in_utc, "recorded", day)
            for day in (date(2024, 2, 14), date(2024, 2, 15), date(2024, 3, 1))
        )
    ]
    expected = [(40, 4), (60, 6), (60, 42)]
    assert found == [pytest.approx(pair) for pair in expected]


def test_a_win_keeps_the_amount_and_the_owner_of_its_day(in_utc: Marts) -> None:
    assert journey(in_utc, "won_early")["amount"] == 100
    assert journey(in_utc, "owned")["owner_id"] == "first"


def test_months_of_wins_add_up_what_has_a_rate(in_utc: Marts) -> None:
    found = in_utc("""
        select month, sum(won_count), sum(won_amount)
        from marts.fct_monthly_throughput
        where pipeline_code = 'p' and segment_code = 'all' and channel_code = 'all'
        group by month having sum(won_count) > 0 order by 1
    """)
    assert found == [
        (date(2024, 2, 1), 2, pytest.approx(90)),
        (date(2024, 3, 1), 1, pytest.approx(80)),
        (date(2024, 4, 1), 1, pytest.approx(100)),
    ]
