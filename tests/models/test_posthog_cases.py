"""The shared cases of PostHog's funnel tests, answered by the real models."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.models import event_stories as told
from tests.models import posthog_rows as rows
from tests.models.known_cases import Case, known_cases, one_test_each
from tests.models.posthog_answers import answer, expected
from tests.models.stories import Row
from tests.warehouse import Marts, Warehouse

CASES = "posthog_funnel_cases.json"
AS_OF = "20250101T000000Z"
MODELS = ("fct_funnel_attempts", "fct_event_funnels", "fct_web_sessions")
UNOFFERED = {
    "48": "a step cannot ask for the first such event of a person's life",
    "49": "a step cannot ask for the first such event of a person's life",
    "50": "a step cannot ask for the first such event of a person's life",
    "76": "a step cannot be optional",
}
SAID_OF_STEPS = {"event", "where", "from_step", "to_step"}
SAID_OF_FUNNELS = {
    *("steps", "order", "window", "exclusions", "breakdown", "viz", "timezone"),
    *("date_from", "date_to", "interval", "from_step", "to_step", "bin_count"),
    *("aggregate_by", "only_groups"),
}
MartsOf = Callable[[Case], Marts]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    one_test_each(metafunc, known_cases(CASES), "id")


@pytest.fixture(scope="module")
def marts_of(warehouse: Warehouse) -> MartsOf:
    """One build for all cases of a reporting zone."""
    made: dict[str, Marts] = {}

    def of(case: Case) -> Marts:
        zone = rows.zone(case)
        if zone not in made:
            made[zone] = build(warehouse, zone)
        return made[zone]

    return of


def build(warehouse: Warehouse, zone: str) -> Marts:
    cases = [
        case
        for case in known_cases(CASES)
        if case["id"] not in UNOFFERED and rows.zone(case) == zone
    ]
    return warehouse.build(
        {f"plain/web_events/{AS_OF}.jsonl": rows.gathered(cases, rows.events)},
        seeds=told.seeds(
            rows.gathered(cases, rows.funnels),
            rows.gathered(cases, rows.funnel_steps),
            rows.gathered(cases, rows.aliases),
        ),
        timezone=zone,
        models=MODELS,
    )


def test_a_case_has_the_answer_of_its_source(case: Case, marts_of: MartsOf) -> None:
    if case["id"] in UNOFFERED:
        pytest.skip(f"case {case['id']}: {UNOFFERED[case['id']]}")
    assert answer(case, marts_of(case)) == expected(case["expected"])


@pytest.mark.usefixtures("shared")
def test_funnels_count_the_people_of_their_cases(marts_of: MartsOf) -> None:
    """A case that keeps only some groups is left out: our funnels count them all."""
    for case in counting_cases():
        if "only_groups" not in case["funnel"]:
            found = told.counts(marts_of(case), rows.name(case))
            for order, count in counted(case["expected"]).items():
                assert sum(of_step(case, row, order) for row in found) == count, case


def counting_cases() -> list[Case]:
    return [
        case
        for case in known_cases(CASES)
        if case["id"] not in UNOFFERED and case["funnel"]["viz"] == "steps"
    ]


def counted(asked: Any) -> dict[int, int]:
    """People a step, over all values of a breakdown."""
    parts = [asked] if isinstance(asked, list) else list(asked.values())
    found: dict[int, int] = {}
    for row in (row for part in parts for row in part):
        found[row["step"]] = found.get(row["step"], 0) + row["count"]
    return found


def of_step(case: Case, row: Row, order: int) -> int:
    """In unordered funnels their excluded stay at step 1; ours are counted beside."""
    if row["step_order"] != order:
        return 0
    beside = case["funnel"]["order"] == "unordered" and order == 1
    return int(row["reached_count"] + (row["excluded_count"] if beside else 0))


@pytest.mark.usefixtures("shared")
def test_who_is_excluded_is_entered_and_at_no_step(marts_of: MartsOf) -> None:
    for case in counting_cases():
        for row in told.counts(marts_of(case), rows.name(case))[:1]:
            entered, excluded = row["entered_count"], row["excluded_count"]
            assert row["reached_count"] == entered - excluded, case


@pytest.mark.usefixtures("shared")
def test_funnels_have_the_median_times_of_their_cases(marts_of: MartsOf) -> None:
    for case in counting_cases():
        asked = case["expected"] if isinstance(case["expected"], list) else []
        found = told.counts(marts_of(case), rows.name(case))
        medians = {
            row["step_order"]: row["median_seconds_from_previous"] for row in found
        }
        for row in asked:
            if "median_conversion_time" in row:
                assert medians[row["step"]] == row["median_conversion_time"], case


@pytest.mark.usefixtures("shared")
def test_only_what_no_funnel_of_ours_can_say_is_left_out() -> None:
    cases = known_cases(CASES)
    asking_more = {
        case["id"]
        for case in cases
        for row in (*case["funnel"]["steps"], *case["funnel"]["exclusions"])
        if set(row) - SAID_OF_STEPS
    }
    assert asking_more == set(UNOFFERED)
    assert {key for case in cases for key in case["funnel"]} <= SAID_OF_FUNNELS
