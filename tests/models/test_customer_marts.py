"""Who buys again, how soon, and what customers bring, from rows in to numbers out.

One story, built once. Ann was lost, came back, bought, ordered once more and bought
another product; Bob bought once; the company `c` bought and began anew; one deal is
nobody's. Bob came by recommendation, Cleo after a quiz.
"""

from datetime import date, datetime
from typing import Any

import pytest

from tests.models.event_stories import alias as event_alias
from tests.models.event_stories import event
from tests.models.stories import Row, by, changes, deal, registry, stage
from tests.warehouse import Marts, Warehouse

DAY = "2024-12-31"
MODELS = (
    "fct_journeys",
    "fct_customer_paths",
    "fct_customer_value",
    "fct_journey_origins",
)
MOVES = {
    "ann1": ("2024-01-01 a", "2024-01-11 x"),
    "ann2": ("2024-02-01 a", "2024-02-11 w", "2024-02-21 v"),
    "ann3": ("2024-05-01 a", "2024-05-11 w"),
    "bob1": ("2024-03-01 a", "2024-03-11 w"),
    "cleo1": ("2024-03-01 a",),
    "com1": ("2024-04-01 a", "2024-04-02 w"),
    "com2": ("2024-04-02 a",),
    "nobody": ("2024-06-01 a", "2024-06-02 w"),
}
DEALS: dict[str, dict[str, Any]] = {
    "ann1": {"contact_id": "ann", "product": "roof", "amount": 10},
    "ann2": {"contact_id": "ann", "product": "roof", "amount": 100},
    "ann3": {"contact_id": "ann2", "product": "wall", "amount": 40},
    "bob1": {"contact_id": "bob", "amount": 60, "channel": "friends"},
    "cleo1": {"contact_id": "cleo"},
    "com1": {"account_id": "c", "amount": 500},
    "com2": {"account_id": "c"},
    "nobody": {"amount": 1},
}
PEOPLE = {"ann": "ann", "ann2": "ann", "bob": "bob", "cleo": "cleo"}
ORDERS = (
    ("o1", "ann", None, "2024-03-12", 5),
    ("o1", "ann", None, "2024-03-12", 7),
    ("o2", "bob", "bob1", "2024-03-12", 60),
)


def files() -> dict[str, list[Row]]:
    return {
        f"plain/stage_changes/{DAY}.csv": [
            row for name, moves in MOVES.items() for row in changes(name, *moves)
        ],
        f"plain/deals/{DAY}.csv": [
            deal(name, moves[-1][-1], **DEALS[name]) for name, moves in MOVES.items()
        ],
        f"plain/contacts/{DAY}.csv": [
            {"contact_id": name, "email": f"{person}@example.com"}
            for name, person in PEOPLE.items()
        ],
        f"plain/orders/{DAY}.csv": [
            {
                "order_id": order,
                "contact_id": contact,
                "deal_id": of_deal,
                "ordered_at": ordered,
                "product": "roof",
                "amount": amount,
            }
            for order, contact, of_deal, ordered, amount in ORDERS
        ],
        f"plain/web_events/{DAY}.jsonl": [
            event(
                "q1", "quiz", "2024-02-28", visitor_id="v1", email="cleo@example.com"
            ),
            event("q2", "quiz", "2024-03-02", visitor_id="v2", email="bob@example.com"),
            event(
                "r1", "praise", "2024-03-14", visitor_id="v2", email="bob@example.com"
            ),
        ],
    }


def decisions() -> dict[str, list[Row]]:
    seeds = registry(
        [
            stage("a", 1),
            stage("w", 2, outcome_code="won"),
            stage("v", 3, outcome_code="won"),
            stage("x", 90, outcome_code="lost"),
        ]
    )
    channel = {"source_code": "plain", "source_channel": "friends"}
    seeds["channels"] = [{**channel, "channel_code": "h", "channel_name": "Friends"}]
    seeds["event_aliases"] = [event_alias("quiz"), event_alias("praise")]
    seeds["followups"] = [{"event_code": "praise", "followup_name": "Praised us"}]
    seeds["origins"] = [
        origin("referral", "channel", "h", is_brought_by_customers=True),
        origin("quiz", "event", "quiz", is_brought_by_customers=False),
    ]
    return seeds


def origin(code: str, kind: str, match: str, **columns: Any) -> Row:
    told = {"origin_code": code, "origin_name": code.title()}
    return {**told, "match_kind": kind, "match_code": match, **columns}


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    return warehouse.build(files(), seeds=decisions(), models=MODELS, with_tests=True)


def test_journeys_of_a_customer_stand_in_order_with_what_came_before(
    marts: Marts,
) -> None:
    rows = marts.rows(
        """
        select paths.*, journeys.deal_id
        from marts.fct_customer_paths as paths
        inner join marts.fct_journeys as journeys using (journey_id)
        """
    )
    found = by(rows, "deal_id")
    columns = "journey_number relation_code previous_outcome_code purchase_number"
    columns += " purchases_before_count is_cross_sell post_sale_stages_count"
    assert {
        name: tuple(row[column] for column in columns.split())
        for name, row in found.items()
    } == {
        "ann1": (1, "first", None, None, 0, False, 0),
        "ann2": (2, "win_back", "lost", 1, 0, False, 1),
        "ann3": (3, "repeat", "won", 3, 2, True, 0),
        "bob1": (1, "first", None, 1, 0, False, 0),
        "cleo1": (1, "first", None, None, 0, False, 0),
        "com1": (1, "first", None, 1, 0, False, 0),
        # what was bought at the very moment was not bought before
        "com2": (2, "parallel", "won", None, 0, False, 0),
    }
    assert found["ann3"]["seconds_since_purchase"] == 50 * 86_400
    assert found["com1"]["customer_kind_code"] == "account"


def test_customers_are_worth_what_they_bought_up_to_the_horizon(marts: Marts) -> None:
    found = marts(
        """
        select horizon_days, customers_count, watched_count, followed_count,
            median_seconds_to_follow, first_amount, later_amount
        from marts.fct_customer_value
        where purchase_month is null and pipeline_code = 'p'
            and followup_code = 'repeat' and horizon_days in (30, 60, 90, 365)
        order by horizon_days
        """
    )
    # Ann bought again after 30 days (7, the order as last told) and after 90 (40).
    month = 30 * 86_400
    assert found == [
        (30, 3, 3, 1, month, 660, 7),
        (60, 3, 3, 1, month, 660, 7),
        (90, 3, 3, 1, month, 660, 47),
        (365, 3, 0, 0, None, None, None),
    ]


def test_what_follows_a_purchase_is_a_stage_an_action_or_another_product(
    marts: Marts,
) -> None:
    found = marts(
        """
        select followup_kind_code, followup_code, customers_count, followed_count,
            median_seconds_to_follow / 86400
        from marts.fct_customer_value
        where purchase_month is null and pipeline_code = 'all' and horizon_days = 90
        order by all
        """
    )
    assert found == [
        ("action", "praise", 2, 1, 3),
        ("purchase", "cross_sell", 3, 1, 90),
        ("purchase", "repeat", 3, 1, 30),
        ("stage", "v", 3, 1, 10),
    ]


def test_a_month_holds_those_who_first_bought_in_it(marts: Marts) -> None:
    found = marts(
        """
        select purchase_month, customers_count from marts.fct_customer_value
        where purchase_month is not null and pipeline_code = 'p'
            and followup_code = 'repeat' and horizon_days = 30
        order by purchase_month
        """
    )
    assert found == [(date(2024, month, 1), 1) for month in (2, 3, 4)]


def test_what_customers_bring_is_told_beside_all_and_once(marts: Marts) -> None:
    rows = marts.rows(
        """
        select * from marts.fct_journey_origins
        where pipeline_code = 'p' and horizon_days = 30
        """
    )
    found = by(rows, "origin_code")
    columns = "journeys_count watched_count converted_count won_count won_amount"
    assert {
        name: tuple(row[column] for column in columns.split())
        for name, row in found.items()
    } == {
        "all": (8, 8, 5, 5, 701),
        "customers": (2, 2, 2, 2, 100),
        "referral": (1, 1, 1, 1, 60),
        # the quiz that Bob took after he had asked did not bring him
        "quiz": (1, 1, 0, 0, None),
        "repeat": (1, 1, 1, 1, 40),
        "win_back": (1, 1, 1, 1, 100),
    }
    assert found["customers"]["won_amount_share"] == pytest.approx(100 / 701)
    assert found["customers"]["is_brought_by_customers"]


def test_nobodys_journey_has_no_customer_and_stays_in_all(marts: Marts) -> None:
    found = marts(
        """
        select max(paths.journey_id) from marts.fct_journeys as journeys
        left join marts.fct_customer_paths as paths using (journey_id)
        where journeys.deal_id = 'nobody' and journeys.outcome_at = ?
        """,
        datetime(2024, 6, 2),
    )
    assert found == [(None,)]
