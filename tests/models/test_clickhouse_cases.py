"""The shared cases of ClickHouse's windowFunnel, answered by the real models."""

import json
import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.models import event_stories as told
from tests.models.known_cases import Case, known_cases, one_test_each
from tests.models.stories import Row
from tests.warehouse import Marts, Warehouse

CASES = "windowfunnel_cases.json"
START = datetime(2024, 1, 1)
AS_OF = "20250101T000000Z"
# Their modes as ours. Both of ours let one event fill one step and accept ties.
MODES = {
    (): "ordered",
    ("strict_increase",): "ordered",
    ("strict_once", "strict_increase"): "ordered",
    ("strict_order",): "strict",
    ("strict_deduplication", "strict_order"): "strict",
}
REPETITION = "no mode of ours stops at the repetition of a step"
REENTRY = "no mode of ours lets earlier steps come back and stops at later ones"
UNOFFERED = {
    "strict_deduplication_stops_at_repeat": REPETITION,
    "dedup_issue_37177": REPETITION,
    "reentry_repeated_step_allow_reentry": REENTRY,
    "reentry_future_step_early_allow_reentry": REENTRY,
    "reentry_allow_reentry_4": REENTRY,
    "reentry_allow_reentry_dedup_3": REENTRY,
    "ecommerce_allow_reentry_3": REENTRY,
    "ecommerce_allow_reentry_repeated_step": REENTRY,
    "issue_23057_strict_order_allow_reentry": REENTRY,
}
# Where we mean something else: the levels by our contract, and the reason.
OURS: dict[str, tuple[dict[str, int], str]] = {
    "one_event_three_steps_default": ({"1": 1}, "one event fills one step"),
    "same_timestamp_strict_increase": ({"1": 5}, "events at one instant may convert"),
    "reentry_strict_order_3": (
        {"1": 2, "2": 3, "3": 3, "4": 1, "5": 3},
        "an earlier step that comes back stands between two steps (user 1)",
    ),
    "reentry_strict_order_4": (
        {"1": 2, "2": 3, "3": 3, "4": 1, "5": 4},
        "an earlier step that comes back stands between two steps (users 1 and 3)",
    ),
}
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "le": operator.le,
    "ge": operator.ge,
    "is_null": lambda value, _: value is None,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    one_test_each(metafunc, known_cases(CASES), "name")


def source_event(case: Case, said: Any) -> str:
    return f"{case['name']}/{json.dumps(said)}"


def events(case: Case) -> list[Row]:
    """Their clock starts anywhere, ours in January: a funnel measures time gone by."""
    begin = min(time for _, time, _ in case["events"])
    return [
        told.event(
            f"{case['name']}/{number:03}",
            source_event(case, said),
            START + timedelta(seconds=time - begin),
            visitor_id=f"{case['name']}/{user}",
            properties=said if isinstance(said, dict) else None,
        )
        for number, (user, time, said) in enumerate(case["events"])
    ]


def kinds(case: Case) -> dict[str, Any]:
    """What events of the case say, by a code for each different one."""
    different = {json.dumps(said): said for *_, said in case["events"]}
    numbered = enumerate(different.values(), start=1)
    return {f"{case['name']}_{number}": said for number, said in numbered}


def is_met(step: Row, said: Any) -> bool:
    value = said[step["field"]] if isinstance(said, dict) else said
    return TESTS[step["op"]](value, step.get("value"))


def aliases(case: Case) -> list[Row]:
    """Events of no step bear no alias, as there they meet no condition."""
    return [
        told.alias(source_event(case, said), code)
        for code, said in kinds(case).items()
        if any(is_met(step, said) for step in case["steps"])
    ]


def alternatives(case: Case, order: int, step: Row) -> list[Row]:
    """A row for each code that meets a comparison; of a property, a row for each."""
    if step["op"] == "eq" and step["field"] != "event":
        asked = {"property_name": step["field"], "property_value": step["value"]}
        return [told.step(case["name"], order, code, **asked) for code in kinds(case)]
    return [
        told.step(case["name"], order, code)
        for code, said in kinds(case).items()
        if is_met(step, said)
    ]


def funnel_steps(case: Case) -> list[Row]:
    return [
        row
        for order, step in enumerate(case["steps"], start=1)
        for row in alternatives(case, order, step)
    ]


def funnel(case: Case) -> Row:
    mode = MODES[tuple(case["mode"])]
    seconds = case["window_seconds"]
    return told.funnel(case["name"], mode_code=mode, window_seconds=seconds)


@pytest.fixture(scope="module")
def marts(shared: object, warehouse: Warehouse) -> Marts:
    cases = [case for case in known_cases(CASES) if case["name"] not in UNOFFERED]
    return warehouse.build(
        {
            f"plain/web_events/{AS_OF}.jsonl": [
                row for case in cases for row in events(case)
            ]
        },
        seeds=told.seeds(
            [funnel(case) for case in cases],
            [row for case in cases for row in funnel_steps(case)],
            [row for case in cases for row in aliases(case)],
        ),
        models=("fct_funnel_attempts", "fct_web_sessions"),
    )


def levels(marts: Marts, case: Case) -> dict[str, int]:
    """The level of each user; who never entered has no attempt."""
    users = {str(user): 0 for user, *_ in case["events"]}
    for attempt in told.attempts(marts, case["name"]):
        users[attempt.unit.removeprefix(f"{case['name']}/")] = attempt.level
    return users


def test_users_come_as_far_as_there_or_as_we_mean_it(case: Case, marts: Marts) -> None:
    name = case["name"]
    if name in UNOFFERED:
        pytest.skip(f"{name}: {UNOFFERED[name]}")
    wanted, reason = OURS.get(name, (case["expected"], "as ClickHouse has it"))
    assert levels(marts, case) == wanted, reason


@pytest.mark.usefixtures("shared")
def test_only_modes_that_we_do_not_offer_are_left_out() -> None:
    cases = known_cases(CASES)
    other = {case["name"] for case in cases if tuple(case["mode"]) not in MODES}
    assert other == set(UNOFFERED)


@pytest.mark.usefixtures("shared")
def test_where_we_mean_something_else_the_answer_is_another() -> None:
    theirs = {case["name"]: case["expected"] for case in known_cases(CASES)}
    assert not [name for name, (levels, _) in OURS.items() if levels == theirs[name]]
