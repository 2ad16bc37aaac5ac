"""What channels cost and bring, of a few leads, by hand."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tests.models.event_stories import alias as event_alias
from tests.models.event_stories import event
from tests.models.stories import Row, by, changes, deal, registry, stage
from tests.warehouse import Files, Marts, Warehouse

DAY = "2024-12-31"
DAY_SECONDS = 86_400
STAGES = [
    stage("a", 1),
    stage("b", 2),
    stage("w", 3, outcome_code="won"),
    stage("x", 90, outcome_code="lost"),
    stage("n", 1, pipeline="q", actor_code="seller"),
    stage("w", 3, pipeline="q", outcome_code="won"),
]
CHANNELS = {"ads": "ads", "mail": "mail", "(direct)": "direct", "fair": "fair"}
# when they came, what became of them, and which sessions they had
LEADS: Mapping[str, tuple[tuple[str, ...], Row, Mapping[str, str | None]]] = {
    "ann": (
        ("2024-01-10 a", "2024-01-15 b", "2024-02-20 w"),
        {"channel": "mail", "amount": 1000},
        {
            "2024-01-01": "ads",
            "2024-01-05": None,
            "2024-01-09": "mail",
            "2024-01-12": "ads",
        },
    ),
    "bob": (("2024-01-20 a", "2024-01-30 x"), {}, {"2024-01-19": "ads"}),
    "eve": (("2024-01-25 a",), {}, {}),
    "cem": (
        ("2023-01-15 a", "2023-01-20 w"),
        {"channel": "ads", "amount": 500},
        {"2023-01-14": "ads"},
    ),
    "nil": (("2024-03-01 n", "2024-03-02 w"), {"channel": "fair"}, {}),
}

# whoever types an address into a search box is not told by it
KEYWORDS = {
    "ann 2024-01-09": "kettle for ann@example.com",
    "bob 2024-01-19": "cup",
    "cem 2023-01-14": "pot",
}


def spent(day: str, channel: str, amount: float | None, **columns: Any) -> Row:
    row = {"spend_date": day, "channel": channel, "campaign": "c", "amount": amount}
    return {**row, "currency_code": "USD", "clicks": 10, **columns}


def files() -> Files:
    web_events = [
        event(
            f"{name}{day}",
            "page",
            f"{day}T12:00:00",
            visitor_id=name,
            email=f"{name}@example.com",
            utm_source=origin,
            utm_campaign=origin and f"{origin} of {day}",
            utm_term=KEYWORDS.get(f"{name} {day}"),
        )
        for name, (_, _, sessions) in LEADS.items()
        for day, origin in sessions.items()
    ]
    pipelines = {name: "q" if name == "nil" else "p" for name in LEADS}
    return {
        f"plain/stage_changes/{DAY}.csv": [
            row
            for name, (moves, _, _) in LEADS.items()
            for row in changes(name, *moves, source_pipeline=pipelines[name])
        ],
        f"plain/deals/{DAY}.csv": [
            deal(
                name,
                moves[-1][-1],
                contact_id=name,
                source_pipeline=pipelines[name],
                **columns,
            )
            for name, (moves, columns, _) in LEADS.items()
        ],
        f"plain/contacts/{DAY}.csv": [
            {"contact_id": name, "email": f"{name}@example.com"} for name in LEADS
        ],
        f"plain/activities/{DAY}.csv": [
            {
                "activity_id": "call1",
                "source_event": "call",
                "occurred_at": "2024-01-18T00:00:00",
                "deal_id": "bob",
            }
        ],
        f"plain/web_events/{DAY}.jsonl": web_events,
        "plain/spend/2024-02-01.csv": [
            spent("2023-01-10", "ads", 60),
            spent("2024-01-02", "ads", 999),
            spent("2024-01-03", "ads", 100),
            spent("2024-01-03", "fair", 50, currency_code="XXX"),
        ],
        "plain/spend/2024-02-02.csv": [
            spent("2024-01-02", "ads", 200),
            spent("2025-01-02", "ads", 7777),
            spent("", "ads", 8888),
        ],
    }


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    seeds = registry(STAGES)
    seeds |= {
        "qualified_stages": [{"pipeline_code": "p", "stage_code": "b"}],
        "event_aliases": [
            event_alias("page"),
            event_alias("call", "called", actor_code="seller"),
        ],
        "channels": [
            {
                "source_code": "plain",
                "source_channel": spelling,
                "channel_code": code,
                "channel_name": code,
            }
            for spelling, code in CHANNELS.items()
        ],
    }
    models = ("fct_channel_performance", "fct_journeys", "dq_reconciliations")
    return warehouse.build(
        files(), seeds=seeds, models=(*models, "dim_channels"), with_tests=True
    )


def january(marts: Marts, attribution: str, horizon: int = 60) -> dict[Any, Any]:
    """Channels of January 2024."""
    query = """
        select * from marts.fct_channel_performance
        where period_code = 'month' and period_start = '2024-01-01'
            and attribution_code = ? and horizon_days = ?
    """
    return by(marts.rows(query, attribution, horizon), "channel_code")


@pytest.mark.parametrize(
    ("attribution", "leads"),
    [
        ("stated", {"mail": 1, "unknown": 2}),
        ("first_touch", {"ads": 2, "unknown": 1}),
        ("last_touch", {"ads": 1, "mail": 1, "unknown": 1}),
        ("linear", {"ads": 4 / 3, "direct": 1 / 3, "mail": 1 / 3, "unknown": 1}),
        ("position_based", {"ads": 1.4, "direct": 0.2, "mail": 0.4, "unknown": 1}),
    ],
)
def test_a_lead_is_shared_by_the_sessions_before_it_and_is_one_in_all(
    marts: Marts, attribution: str, leads: dict[str, float]
) -> None:
    found = {code: row["leads"] for code, row in january(marts, attribution).items()}
    expected = {"ads": 0, "fair": 0, "all": 3, **leads}
    assert found == pytest.approx(expected)


def test_costs_are_of_the_newest_spend_by_what_the_leads_became(marts: Marts) -> None:
    row = january(marts, "first_touch")["ads"]
    assert (row["spend_amount"], row["clicks_count"]) == (300, 20)
    assert row["cost_per_lead"] == 150
    assert row["cost_per_qualified_lead"] == row["cost_per_customer"] == 300
    assert row["return_on_spend"] == pytest.approx(700 / 300)
    assert row["is_mature"]


def test_costs_stand_beside_those_of_the_year_before(marts: Marts) -> None:
    row = january(marts, "first_touch")["ads"]
    assert row["year_before_cost_per_lead"] == 60
    assert row["year_before_cost_per_customer"] == 60
    years = marts(
        """
        select period_start, cost_per_lead, year_before_cost_per_lead
        from marts.fct_channel_performance
        where period_code = 'year' and channel_code = 'ads'
            and attribution_code = 'first_touch' and horizon_days = 60
        order by period_start
        """
    )
    assert years == [(date(2023, 1, 1), 60, None), (date(2024, 1, 1), 150, 60)]


def test_a_customer_counts_within_the_horizon_and_not_before(marts: Marts) -> None:
    soon, later = january(marts, "linear", 30), january(marts, "linear", 60)
    assert (soon["mail"]["customers"], later["mail"]["customers"]) == (
        0,
        pytest.approx(1 / 3),
    )
    assert soon["mail"]["qualified_leads"] == pytest.approx(1 / 3)


def test_time_from_spend_to_win_begins_at_the_credited_touch(marts: Marts) -> None:
    first, last = january(marts, "first_touch"), january(marts, "last_touch")
    assert first["ads"]["mean_seconds_to_win"] == 49.5 * DAY_SECONDS
    assert last["mail"]["mean_seconds_to_win"] == 41.5 * DAY_SECONDS
    assert january(marts, "stated")["mail"]["mean_seconds_to_win"] == 41 * DAY_SECONDS


def test_touches_before_qualification_are_sessions_and_activities(marts: Marts) -> None:
    assert january(marts, "stated")["mail"]["mean_touches_to_qualification"] == 4


def test_whoever_came_first_makes_a_lead_cold_or_warm(marts: Marts) -> None:
    row = january(marts, "stated")["all"]
    assert (row["cold_leads"], row["cold_conversion_rate"]) == (1, 0)
    assert (row["warm_leads"], row["warm_conversion_rate"]) == (2, 0.5)
    (cold,) = marts(
        """
        select cold_leads, cold_conversion_rate, qualified_leads, unvalued_customers,
            return_on_spend
        from marts.fct_channel_performance
        where period_code = 'month' and period_start = '2024-03-01'
            and attribution_code = 'stated' and channel_code = 'fair'
            and horizon_days = 30
        """
    )
    assert cold == (1, 1, None, 1, None)


def test_spend_without_a_rate_is_told_and_in_no_amount(marts: Marts) -> None:
    row = january(marts, "stated")["fair"]
    assert (row["spend_amount"], row["unpriced_count"]) == (None, 1)
    assert january(marts, "stated")["all"]["return_on_spend"] is None


def test_a_journey_has_the_campaign_and_keyword_of_its_channels_first_visit(
    marts: Marts,
) -> None:
    found = marts(
        """
        select deal_id, channel_code, campaign, keyword
        from marts.fct_journeys order by deal_id
        """
    )
    assert found == [
        ("ann", "mail", "mail of 2024-01-09", "kettle for [address]"),
        ("bob", "unknown", "ads of 2024-01-19", "cup"),
        ("cem", "ads", "ads of 2023-01-14", "pot"),
        ("eve", "unknown", None, None),
        ("nil", "fair", None, None),
    ]


def test_every_row_of_spend_is_kept_or_set_aside(marts: Marts) -> None:
    accounts = marts(
        "select expected_count, difference_count from marts.dq_reconciliations"
        " where check_code = 'spend_known'"
    )
    assert accounts == [(7, 0)]
    assert marts.one("select count(*) from intermediate.int_spend") == (5,)
