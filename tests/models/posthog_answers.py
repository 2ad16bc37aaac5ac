"""What our marts say of a case of PostHog's funnel tests, in the shape it expects."""

from collections.abc import Callable, Sequence
from datetime import date
from statistics import mean, median
from typing import Any

from tests.models import event_stories as told
from tests.models.event_stories import Attempt
from tests.models.known_cases import Case
from tests.models.posthog_rows import entry_ranges, name, start
from tests.models.stories import Row
from tests.warehouse import Marts

EVERY_DEVICE = "every device"


def answer(case: Case, marts: Marts) -> Any:
    answered, asked = ANSWERS[case["funnel"]["viz"]], case["expected"]
    if not case["funnel"]["breakdown"]:
        return answered(case, marts, asked, EVERY_DEVICE)
    found = [row for code in entry_ranges(case) for row in told.attempts(marts, code)]
    return {
        device: answered(case, marts, asked.get(device, []), device)
        for device in {each.device or "" for each in found}
    }


def expected(asked: Any) -> Any:
    """What the case expects, with lists of people in order."""
    if isinstance(asked, dict):
        return {key: expected(value) for key, value in asked.items()}
    if isinstance(asked, list) and isinstance(asked[0], dict):
        return [
            {**row, **({"people": sorted(row["people"])} if "people" in row else {})}
            for row in asked
        ]
    return asked


def attempts_of(marts: Marts, funnel_code: str, device: str) -> list[Attempt]:
    return [
        each
        for each in told.attempts(marts, funnel_code)
        if device in (EVERY_DEVICE, each.device or "")
    ]


def counts_at(case: Case, attempt: Attempt, order: int) -> bool:
    """In unordered funnels their excluded stay at step 1; ours never do."""
    is_unordered = case["funnel"]["order"] == "unordered"
    return attempt.reached(order) or (order == 1 and is_unordered)


def people(case: Case, attempts: Sequence[Attempt]) -> list[str]:
    return sorted(each.unit.removeprefix(f"{name(case)}/") for each in attempts)


def steps_answer(
    case: Case, marts: Marts, asked: Sequence[Row], device: str
) -> list[Row]:
    groups = case["funnel"].get("only_groups")
    attempts = [
        each
        for each in attempts_of(marts, name(case), device)
        if groups is None or people(case, [each])[0] in groups
    ]
    return [step_figures(case, attempts, row) for row in asked]


def step_figures(case: Case, attempts: Sequence[Attempt], asked: Row) -> Row:
    order = asked["step"]
    kept = [each for each in attempts if counts_at(case, each, order)]
    seconds = [each.seconds_between(order - 1, order) for each in kept if order > 1]
    figures = {
        "step": order,
        "count": len(kept),
        "people": people(case, kept),
        "average_conversion_time": mean(seconds) if seconds else None,
        "median_conversion_time": median(seconds) if seconds else None,
    }
    return {key: figures[key] for key in asked}


def trends_answer(case: Case, marts: Marts, asked: Row, device: str) -> Row:
    funnel = case["funnel"]
    first = funnel.get("from_step", 0) + 1
    last = funnel.get("to_step", len(funnel["steps"]) - 1) + 1
    found = buckets(case, marts, device)
    begun = [sum(each.reached(first) for each in bucket) for bucket in found]
    ended = [sum(each.reached(last) for each in bucket) for bucket in found]
    rates = [100 * b / a if a else 0 for a, b in zip(begun, ended, strict=True)]
    return {
        "interval_starts_from": funnel["date_from"],
        **{
            key: figures[: len(asked[key])]
            for key, figures in (
                ("reached_from_step_count", begun),
                ("reached_to_step_count", ended),
                ("conversion_rate", rates),
            )
            if key in asked
        },
    }


def buckets(case: Case, marts: Marts, device: str) -> list[list[Attempt]]:
    """Attempts by the day or month of their entry, in order."""
    if case["funnel"]["interval"] == "day":
        return [attempts_of(marts, code, device) for code in entry_ranges(case)]
    attempts = attempts_of(marts, name(case), device)
    first, last = (start(case["funnel"][key]) for key in ("date_from", "date_to"))
    return [
        [each for each in attempts if each.entry_month == date(first.year, month, 1)]
        for month in range(first.month, last.month + 1)
    ]


def time_to_convert_answer(case: Case, marts: Marts, asked: Row, device: str) -> Row:
    first, last = (case["funnel"][key] + 1 for key in ("from_step", "to_step"))
    seconds = [
        each.seconds_between(first, last)
        for each in attempts_of(marts, name(case), device)
        if each.reached(last)
    ]
    starts = [begin for begin, _ in asked["bins"]]
    ends = [*starts[1:], float("inf")]
    return {
        "bins": [
            [begin, sum(begin <= each < end for each in seconds)]
            for begin, end in zip(starts, ends, strict=True)
        ],
        "average_conversion_time": mean(seconds),
    }


ANSWERS: dict[str, Callable[..., Any]] = {
    "steps": steps_answer,
    "trends": trends_answer,
    "time_to_convert": time_to_convert_answer,
}
