"""The ledger's rules, each as a few deals with made-up stages, all in one build.

Pipeline `p` runs a, b, c, r (retired in March), w (won), v (after the sale), x (lost).
"""

from datetime import date, datetime
from typing import Any

import pytest

from tests.models.stories import (
    alias,
    by,
    change,
    changes,
    deal,
    registry,
    segments_by_product,
    stage,
)
from tests.warehouse import Marts, Rows, Warehouse

MARCH, APRIL, JUNE = "2024-03-31", "2024-04-30", "2024-06-30"
NOON = "2024-02-05 12:00:00"

STAGES = [
    stage("a", 1, probability=0.1),
    stage("b", 2, probability=0.2),
    stage("c", 3, probability=0.5),
    stage("r", 4, probability=0.6, valid_to="2024-03-01"),
    stage("w", 5, outcome_code="won"),
    stage("v", 6, outcome_code="won"),
    stage("x", 90, outcome_code="lost"),
    stage("a", 1, pipeline="q"),
    stage("c", 2, pipeline="q"),
    stage("w", 3, pipeline="q", outcome_code="won"),
]
ALIASES = [
    alias("moving", "b", valid_to="2024-03-01"),
    alias("moving", "c", valid_from="2024-03-01"),
    alias("note", "", is_ignored=True),
]

# Deals by what they show; a line is a deal.
PLAIN_DEALS = {
    deal_id: changes(deal_id, *moves)
    for deal_id, moves in {
        "tie": ["2024-01-05 a", f"{NOON} v", f"{NOON} w", f"{NOON} c"],
        "tie_lost": ["2024-01-05 a", f"{NOON} x", f"{NOON} ?", f"{NOON} c"],
        "dated_before": ["2024-02-01 a", "2024-02-29 23:59:59 moving"],
        "dated_after": ["2024-02-01 a", "2024-03-01 moving"],
        "retired": ["2024-02-01 c", "2024-02-10 r", "2024-04-01 w"],
        "retired_too_late": ["2024-04-01 c", "2024-04-10 r"],
        "reopened": ["2024-01-01 a", "2024-01-10 x", "2024-02-01 b"],
        "reopened_win": ["2024-01-01 a", "2024-01-10 w", "2024-02-01 b"],
        "lost_then_won": ["2024-01-01 a", "2024-01-10 x", "2024-02-01 w"],
        "lost_twice": ["2024-01-01 a", "2024-01-10 x", "2024-02-01 x"],
        "skipping": ["2024-01-01 a", "2024-01-10 c", "2024-04-01 v"],
        "back": ["2024-01-01 a", "2024-01-10 c", "2024-01-20 a", "2024-01-30 b"],
        "middle": ["2024-01-01 c", "2024-01-10 w"],
        "jumped_by_unmapped": ["2024-01-01 a", "2024-01-05 ?", "2024-01-09 c"],
        "begun_unmapped": ["2024-01-01 ?", "2024-01-05 b"],
        "won_then_unmapped": ["2024-01-01 a", "2024-01-05 w", "2024-01-09 ?"],
        "ignored": ["2024-01-01 a", "2024-01-05 note", "2024-01-09 b"],
        "repeated": ["2024-01-01 a", "2024-01-05 a", "2024-01-09 b"],
        "timeless": ["a"],
        "partly_timeless": ["a", "2024-01-09 b"],
    }.items()
}
TRANSFER = [
    *changes("transferred", "2024-01-01 a", "2024-01-05 b"),
    change("transferred", "2024-01-09 c", source_pipeline="q"),
    change("transferred", "2024-01-20 w", source_pipeline="q"),
]
SEQUENCED = [
    change("sequenced", "2024-01-01 a", source_sequence=1),
    change("sequenced", "2024-01-05 c", source_sequence=2),
    change("sequenced", "2024-01-05 b", source_sequence=3),
]
MERGED = [
    *changes("survivor", "2024-01-03 a", "2024-02-01 b"),
    *changes("absorbed", "2024-01-10 a", "2024-01-20 b", "2024-02-10 c"),
]
UNMAPPED = changes("unmapped", "2024-01-05 b", "2024-01-09 ?")
DELETED = [
    *changes("deleted", "2024-01-05 a", "2024-02-01 b", product="deleted"),
    *changes("deleted_at", "2024-01-05 a"),
    *changes("restored", "2024-01-05 a"),
]
LEADS = [
    change(None, "2024-01-02 a", lead_id="first_lead"),
    change("first_deal", "2024-01-09 b", lead_id="first_lead"),
    change("second_deal", "2024-02-09 a", lead_id="first_lead"),
    change(None, "2024-01-02 a", lead_id="early_lead"),
    change(None, "2024-01-04 a", lead_id="late_lead"),
    change("shared_deal", "2024-01-09 b"),
]
# Told in two extracts, and twice in the first.
TOLD_AGAIN = changes("told_again", "2024-01-05 a", "2024-01-09 b")
FUTURE = changes("future", "2024-01-05 a", "2024-12-01 w")
CAME_TRUE = changes("came_true", "2024-01-05 a", "2024-05-15 b")

FILES: dict[str, Rows] = {
    f"plain/stage_changes/{MARCH}.csv": [*TOLD_AGAIN, TOLD_AGAIN[0], *CAME_TRUE],
    f"plain/stage_changes/{JUNE}.csv": [
        *(row for rows in PLAIN_DEALS.values() for row in rows),
        *TOLD_AGAIN,
        *TRANSFER,
        *SEQUENCED,
        *MERGED,
        *UNMAPPED,
        *DELETED,
        *LEADS,
        *FUTURE,
    ],
    f"plain/deals/{MARCH}.csv": [
        deal("deleted", "b", product="deleted", amount=100),
        deal("deleted_at", "a", product="deleted_at"),
        deal("restored", "a", is_deleted=True),
        deal("unmapped", "?", product="unmapped"),
        deal("repeated", "b", product="repeated"),
    ],
    f"plain/deals/{APRIL}.csv": [
        deal("deleted", "b", product="deleted", amount=100, is_deleted=True),
        deal(
            "deleted_at",
            "a",
            product="deleted_at",
            is_deleted=True,
            deleted_at="2024-04-10 12:00:00",
        ),
        deal("restored", "a"),
    ],
    f"plain/deals/{JUNE}.csv": [
        deal("survivor", "c", product="merged"),
        deal(
            "absorbed",
            "c",
            merged_into_deal_id="survivor",
            merged_at="2024-02-05",
        ),
        deal("first_deal", "b", lead_id="first_lead", created_at="2024-01-09"),
        deal("second_deal", "a", lead_id="first_lead", created_at="2024-02-09"),
        deal("shared_deal", "b", created_at="2024-01-09"),
    ],
    f"plain/leads/{JUNE}.csv": [
        {"lead_id": "first_lead", "created_at": "2024-01-02"},
        # told again further down, in the same file
        {
            "lead_id": "late_lead",
            "created_at": "2024-01-01",
            "converted_deal_id": "shared_deal",
        },
        {
            "lead_id": "early_lead",
            "created_at": "2024-01-02",
            "converted_deal_id": "shared_deal",
        },
        {
            "lead_id": "late_lead",
            "created_at": "2024-01-04",
            "converted_deal_id": "shared_deal",
        },
    ],
}


MODELS = (
    *("fct_journeys", "fct_journey_steps", "fct_stage_transitions"),
    *("fct_stage_snapshots", "fct_segment_funnels", "fct_monthly_conversions"),
    *("dq_reconciliations", "dq_unmapped_stage_codes"),
)


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    seeds = registry(STAGES, ALIASES)
    seeds |= segments_by_product(
        "deleted", "deleted_at", "unmapped", "merged", "repeated"
    )
    return warehouse.build(FILES, seeds=seeds, models=MODELS)


@pytest.fixture(scope="module")
def ledger(marts: Marts) -> list[dict[str, Any]]:
    return marts.rows("""
        select facts.*, journeys.deal_id as journey_deal_id
        from marts.fct_stage_transitions as facts
        inner join marts.fct_journeys as journeys using (journey_id)
        order by facts.journey_id, facts.sequence_number nulls last, facts.changed_at
    """)


@pytest.fixture(scope="module")
def journeys(marts: Marts) -> dict[Any, Any]:
    rows = marts.rows("select * from marts.fct_journeys where deal_id is not null")
    return dict(by(rows, "deal_id"))


def path(ledger: list[dict[str, Any]], deal_id: str) -> list[tuple[str, str | None]]:
    """Where a journey went, and each move's direction."""
    return [
        (row["to_stage_code"], row["direction_code"])
        for row in ledger
        if row["journey_deal_id"] == deal_id
    ]


def skips(ledger: list[dict[str, Any]], deal_id: str) -> list[int | None]:
    return [
        row["skipped_stages_count"]
        for row in ledger
        if row["journey_deal_id"] == deal_id
    ]


def days(marts: Marts, segment: str, stage_code: str) -> dict[date, tuple[int, ...]]:
    """Open, entered, left and removed by day of a segment's stage in pipeline `p`."""
    found = marts(
        """
        select snapshot_date, open_count, entered_count, left_count, removed_count
        from marts.fct_stage_snapshots
        where pipeline_code = 'p' and segment_code = ? and stage_code = ?
        """,
        segment,
        stage_code,
    )
    return {day: tuple(counts) for day, *counts in found}


def test_closing_stages_of_one_instant_end_in_the_last_of_them(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    assert path(ledger, "tie") == [
        ("a", "entry"),
        ("c", "skip"),
        ("w", "won"),
        ("v", "forward"),
    ]
    assert journeys["tie"]["current_stage_code"] == "v"
    assert journeys["tie"]["outcome_at"] == datetime(2024, 2, 5, 12)


def test_at_one_instant_a_loss_comes_last_and_the_unmapped_before_it(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    assert path(ledger, "tie_lost") == [
        ("a", "entry"),
        ("c", "skip"),
        ("unmapped", "unmapped"),
        ("x", "lost"),
    ]
    assert journeys["tie_lost"]["outcome_code"] == "lost"


def test_a_sequence_stated_by_the_source_outranks_the_registry(
    ledger: list[dict[str, Any]],
) -> None:
    expected = [("a", "entry"), ("c", "skip"), ("b", "backward")]
    assert path(ledger, "sequenced") == expected


def test_the_same_fact_from_two_files_is_one_transition_known_first(
    ledger: list[dict[str, Any]],
) -> None:
    assert path(ledger, "told_again") == [("a", "entry"), ("b", "forward")]
    known = {
        row["known_at"] for row in ledger if row["journey_deal_id"] == "told_again"
    }
    assert known == {datetime(2024, 3, 31, 23, 59, 59)}


def test_every_transition_has_an_id_of_its_own(ledger: list[dict[str, Any]]) -> None:
    by(ledger, "transition_id")


def test_an_unknown_stage_keeps_its_deal_in_the_count(
    marts: Marts, journeys: dict[Any, Any]
) -> None:
    assert journeys["unmapped"]["current_stage_code"] == "unmapped"
    assert journeys["unmapped"]["outcome_code"] == "open"
    assert journeys["unmapped"]["furthest_stage_code"] == "b"
    counted = days(marts, "unmapped", "unmapped")
    assert counted[date(2024, 1, 9)] == (1, 1, 0, 0)
    assert counted[date(2024, 6, 30)] == (1, 0, 0, 0)
    assert days(marts, "unmapped", "b")[date(2024, 1, 9)] == (0, 0, 1, 0)


def test_an_unknown_stage_is_listed_with_what_it_touches(marts: Marts) -> None:
    found = marts("""
        select source_code, source_pipeline, source_stage, first_seen_at, last_seen_at,
            transitions_count, journeys_count, example_file
        from marts.dq_unmapped_stage_codes order by source_stage
    """)
    file = f"plain/stage_changes/{JUNE}.csv"
    begun, last = datetime(2024, 1, 1), datetime(2024, 2, 5, 12)
    retired_on = datetime(2024, 4, 10)
    assert found == [
        ("plain", "p", "?", begun, last, 5, 5, file),
        ("plain", "p", "r", retired_on, retired_on, 1, 1, file),
    ]


def test_after_an_unknown_stage_a_move_is_judged_against_the_last_known(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    assert path(ledger, "jumped_by_unmapped") == [
        ("a", "entry"),
        ("unmapped", "unmapped"),
        ("c", "skip"),
    ]
    assert path(ledger, "begun_unmapped") == [("unmapped", "entry"), ("b", "entry")]
    assert path(ledger, "won_then_unmapped")[-1] == ("unmapped", "unmapped")
    assert journeys["won_then_unmapped"]["outcome_code"] == "won"


def test_one_spelling_means_what_it_meant_on_its_day(
    ledger: list[dict[str, Any]],
) -> None:
    assert path(ledger, "dated_before")[-1] == ("b", "forward")
    assert path(ledger, "dated_after")[-1] == ("c", "skip")


def test_a_retired_stage_holds_until_its_last_day_and_keeps_its_order(
    marts: Marts, ledger: list[dict[str, Any]]
) -> None:
    assert path(ledger, "retired") == [("c", "entry"), ("r", "forward"), ("w", "won")]
    assert skips(ledger, "retired") == [0, 0, 0]
    assert path(ledger, "retired_too_late")[-1] == ("unmapped", "unmapped")
    steps = marts("""
        select stage_code, is_touched, is_reached
        from marts.fct_journey_steps inner join marts.fct_journeys using (journey_id)
        where deal_id = 'retired' and stage_code in ('c', 'r', 'w') order by 1
    """)
    assert steps == [("c", True, True), ("r", True, True), ("w", True, True)]


def test_from_a_closed_stage_to_an_open_one_is_a_reopening(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    for deal_id in ("reopened", "reopened_win"):
        assert path(ledger, deal_id)[-1] == ("b", "reopen")
        assert journeys[deal_id]["outcome_code"] == "open"
        assert journeys[deal_id]["outcome_at"] is None


def test_a_lost_deal_that_is_won_counts_as_won_at_the_win(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    assert path(ledger, "lost_then_won")[-1] == ("w", "won")
    assert journeys["lost_then_won"]["outcome_at"] == datetime(2024, 2, 1)


def test_a_loss_told_twice_happened_the_first_time(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    directions = [direction for _, direction in path(ledger, "lost_twice")]
    assert directions == ["entry", "lost", "lost"]
    assert journeys["lost_twice"]["outcome_at"] == datetime(2024, 1, 10)


def test_skipped_stages_are_counted_whatever_the_direction(
    ledger: list[dict[str, Any]],
) -> None:
    """On the day of the win `r` was retired, so between c and v lies w alone."""
    assert path(ledger, "skipping") == [("a", "entry"), ("c", "skip"), ("v", "won")]
    assert skips(ledger, "skipping") == [0, 1, 1]


def test_going_back_is_a_direction_and_infers_nothing(
    marts: Marts, ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    assert path(ledger, "back") == [
        ("a", "entry"),
        ("c", "skip"),
        ("a", "backward"),
        ("b", "forward"),
    ]
    assert journeys["back"]["furthest_stage_code"] == "c"
    steps = marts("""
        select stage_code, is_in_order, first_reached_at
        from marts.fct_journey_steps inner join marts.fct_journeys using (journey_id)
        where deal_id = 'back' and is_touched order by 1
    """)
    first, second = datetime(2024, 1, 1), datetime(2024, 1, 10)
    assert steps == [("a", True, first), ("b", True, second), ("c", False, second)]


def test_entering_in_the_middle_is_an_entry_and_no_skip(
    marts: Marts, ledger: list[dict[str, Any]]
) -> None:
    assert path(ledger, "middle")[0] == ("c", "entry")
    assert skips(ledger, "middle")[0] == 0
    steps = marts("""
        select stage_code, is_touched, is_reached, is_in_order
        from marts.fct_journey_steps inner join marts.fct_journeys using (journey_id)
        where deal_id = 'middle' and stage_code in ('a', 'b', 'c') order by 1
    """)
    assert steps == [
        ("a", False, True, False),
        ("b", False, True, False),
        ("c", True, True, False),
    ]


def test_a_transfer_is_a_mid_pipeline_entry_where_it_goes(
    marts: Marts, ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    assert path(ledger, "transferred") == [
        ("a", "entry"),
        ("b", "forward"),
        ("c", "transfer"),
        ("w", "won"),
    ]
    journey = journeys["transferred"]
    assert (journey["entry_pipeline_code"], journey["pipeline_code"]) == ("p", "q")
    steps = marts("""
        select steps.pipeline_code, stage_code, is_touched, is_reached
        from marts.fct_journey_steps as steps
        inner join marts.fct_journeys using (journey_id)
        where deal_id = 'transferred' and stage_code in ('a', 'c', 'w') order by 1, 2
    """)
    assert steps == [
        ("p", "a", True, True),
        ("p", "c", False, False),
        ("p", "w", False, False),
        ("q", "a", False, True),
        ("q", "c", True, True),
        ("q", "w", True, True),
    ]


def test_a_funnel_loses_who_is_transferred_and_gains_whom_it_takes_in(
    marts: Marts,
) -> None:
    found = marts("""
        select
            funnel_code, sum(transferred_count),
            sum(case when funnel_code = 'q' then reached_by_entry_count end)
        from marts.fct_segment_funnels
        where segment_code = 'all' and channel_code = 'all' group by all order by 1
    """)
    assert found == [("p", 1, None), ("q", 0, 1)]


def test_an_ignored_label_is_no_move_and_is_accounted_for(
    marts: Marts, ledger: list[dict[str, Any]]
) -> None:
    assert path(ledger, "ignored") == [("a", "entry"), ("b", "forward")]
    query = "select source_stage from marts.dq_unmapped_stage_codes"
    assert ("note",) not in marts(query)


def test_the_same_stage_again_is_no_second_visit(
    marts: Marts, ledger: list[dict[str, Any]]
) -> None:
    assert path(ledger, "repeated") == [
        ("a", "entry"),
        ("a", "forward"),
        ("b", "forward"),
    ]
    entries = [(day, row[1]) for day, row in days(marts, "repeated", "a").items()]
    assert [day for day, entered in entries if entered] == [date(2024, 1, 1)]
    visits = marts("""
        select step_code, visits_count from marts.fct_segment_funnels
        where segment_code = 'repeated' and channel_code = 'all' and visits_count > 0
        order by step_order
    """)
    assert visits == [("a", 1), ("b", 1)]


def test_a_change_without_a_time_is_kept_and_in_no_cohort(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any], marts: Marts
) -> None:
    assert path(ledger, "timeless") == [("a", "entry")]
    journey = journeys["timeless"]
    assert (journey["entered_at"], journey["cohort_month"]) == (None, None)
    assert journey["current_stage_code"] == "a"
    assert path(ledger, "partly_timeless") == [("a", "entry"), ("b", "forward")]
    assert journeys["partly_timeless"]["entered_at"] == datetime(2024, 1, 9)
    counted = marts("""
        select actual_count, difference_count from marts.dq_reconciliations
        where check_code = 'journeys_without_time'
    """)
    assert counted == [(1, 0)]


def test_a_merge_unites_histories_and_invents_no_backward_move(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any], marts: Marts
) -> None:
    rows = [row for row in ledger if row["journey_deal_id"] == "survivor"]
    followed = [
        (row["to_stage_code"], row["direction_code"])
        for row in rows
        if not row["is_absorbed"]
    ]
    assert followed == [("a", "entry"), ("b", "forward"), ("c", "forward")]
    absorbed = [
        (row["deal_id"], row["to_stage_code"], row["direction_code"])
        for row in rows
        if row["is_absorbed"]
    ]
    assert absorbed == [("absorbed", "a", None), ("absorbed", "b", None)]
    assert "absorbed" not in journeys
    assert days(marts, "merged", "b")[date(2024, 2, 1)] == (1, 1, 0, 0)
    assert sum(entered for _, entered, *_ in days(marts, "merged", "a").values()) == 1


def test_a_deleted_deal_stays_in_the_days_before_its_deletion(marts: Marts) -> None:
    counted = days(marts, "deleted", "b")
    assert counted[date(2024, 2, 1)] == (1, 1, 0, 0)
    assert counted[date(2024, 4, 29)] == (1, 0, 0, 0)
    assert counted[date(2024, 4, 30)] == (0, 0, 0, 1)
    assert counted[date(2024, 6, 30)] == (0, 0, 0, 0)


def test_a_deletion_dated_by_the_source_happened_then(marts: Marts) -> None:
    counted = days(marts, "deleted_at", "a")
    assert counted[date(2024, 4, 9)] == (1, 0, 0, 0)
    assert counted[date(2024, 4, 10)] == (0, 0, 0, 1)


def test_a_deleted_deal_is_out_of_all_other_facts_past_months_included(
    marts: Marts, journeys: dict[Any, Any]
) -> None:
    assert journeys["deleted"]["is_deleted"]
    for table in ("fct_segment_funnels", "fct_monthly_conversions"):
        query = f"select count(*) from marts.{table} where segment_code = 'deleted'"
        assert marts.one(query) == (0,), table
    steps = """
        select count(*) from marts.fct_journey_steps
        inner join marts.fct_journeys using (journey_id) where is_deleted
    """
    assert marts.one(steps) == (0,)


def test_a_deleted_deal_that_comes_back_is_not_deleted(
    journeys: dict[Any, Any],
) -> None:
    assert not journeys["restored"]["is_deleted"]


def test_a_lead_goes_on_as_its_first_deal_and_the_next_knows_of_it(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    first, second = journeys["first_deal"], journeys["second_deal"]
    assert first["lead_id"] == "first_lead"
    assert first["entered_at"] == datetime(2024, 1, 2)
    assert path(ledger, "first_deal") == [("a", "entry"), ("b", "forward")]
    assert second["lead_id"] is None
    assert second["prior_journey_id"] == first["journey_id"]
    assert first["prior_journey_id"] is None
    assert path(ledger, "second_deal") == [("a", "entry")]


def test_of_two_leads_of_a_deal_the_later_is_a_duplicate(marts: Marts) -> None:
    found = marts("""
        select lead_id, deal_id, is_duplicate from marts.fct_journeys
        where lead_id in ('early_lead', 'late_lead') order by 1
    """)
    assert found == [("early_lead", "shared_deal", False), ("late_lead", None, True)]
    counted = """
        select count(*) from marts.fct_journey_steps
        inner join marts.fct_journeys using (journey_id) where is_duplicate
    """
    assert marts.one(counted) == (0,)


def test_a_change_dated_after_as_of_is_kept_and_counts_for_nothing(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    (awaited,) = [row for row in ledger if row["changed_at"] == datetime(2024, 12, 1)]
    assert awaited["is_in_future"]
    assert awaited["sequence_number"] is None
    assert awaited["direction_code"] is None
    assert journeys["future"]["current_stage_code"] == "a"
    assert journeys["future"]["outcome_code"] == "open"


def test_a_change_dated_ahead_counts_once_as_of_has_passed_it(
    ledger: list[dict[str, Any]], journeys: dict[Any, Any]
) -> None:
    (ahead,) = [row for row in ledger if row["changed_at"] == datetime(2024, 5, 15)]
    assert ahead["is_in_future"]
    assert (ahead["sequence_number"], ahead["direction_code"]) == (2, "forward")
    assert journeys["came_true"]["current_stage_code"] == "b"


def test_seconds_in_a_stage_run_to_the_next_change(
    ledger: list[dict[str, Any]],
) -> None:
    seconds = [
        row["seconds_in_from_stage"]
        for row in ledger
        if row["journey_deal_id"] == "told_again"
    ]
    assert seconds == [None, 4 * 86_400]


def test_no_deal_and_no_row_is_missing(marts: Marts) -> None:
    told = {
        row["deal_id"] for rows in FILES.values() for row in rows if "deal_id" in row
    }
    deals = "select deal_id from marts.fct_journeys where deal_id is not null"
    found = [deal_id for (deal_id,) in marts(deals)]
    assert sorted(found) == sorted(told - {None, "absorbed"})
    leads = "select lead_id from marts.fct_journeys where lead_id is not null"
    assert sorted(marts(leads)) == [("early_lead",), ("first_lead",), ("late_lead",)]
    off = "select * from marts.dq_reconciliations where difference_count <> 0"
    assert marts(off) == []


def test_snapshots_balance_on_every_day(marts: Marts) -> None:
    off = marts("""
        select * from (
            select
                *,
                open_count - entered_count + left_count + removed_count
                - coalesce(lag(open_count) over (
                    partition by pipeline_code, stage_code, segment_code
                    order by snapshot_date
                ), 0) as difference
            from marts.fct_stage_snapshots
        )
        where difference <> 0
    """)
    assert off == []
