"""A case of PostHog's funnel tests as rows of the plain source and of the seeds."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from tests.models import event_stories as told
from tests.models.known_cases import Case
from tests.models.stories import Row

DAY = timedelta(days=1)


def name(case: Case) -> str:
    return f"case_{case['id']}"


def zone(case: Case) -> str:
    return str(case["funnel"].get("timezone", "UTC"))


def visitor(case: Case, event: Row) -> str | None:
    """Who acts, apart from the people of other cases; a group where groups count."""
    group = case["funnel"].get("aggregate_by")
    who = event["properties"].get(group) if group else event["person"]
    return f"{name(case)}/{who}" if who else None


def events(case: Case) -> list[Row]:
    return [
        told.event(
            f"{name(case)}/{number:03}",
            f"{name(case)}/{event['event']}",
            event["timestamp"],
            visitor_id=visitor(case, event),
            device=event["properties"].get("$browser"),
            properties=event["properties"],
        )
        for number, event in enumerate(case["events"])
    ]


def codes(case: Case) -> dict[str, str]:
    """A code for each event that the case's funnel speaks of; others have no alias."""
    funnel = case["funnel"]
    spoken_of = [row["event"] for row in (*funnel["steps"], *funnel["exclusions"])]
    numbered = enumerate(dict.fromkeys(spoken_of), start=1)
    return {event: f"{name(case)}_{number}" for number, event in numbered}


def aliases(case: Case) -> list[Row]:
    return [
        told.alias(f"{name(case)}/{event}", code) for event, code in codes(case).items()
    ]


def entry_ranges(case: Case) -> dict[str, tuple[datetime | None, datetime | None]]:
    """One funnel; where the case shows days, one a day: our attempts are a month's."""
    first, last = case["funnel"].get("date_from"), case["funnel"].get("date_to")
    begin, end = start(first) if first else None, until(last) if last else None
    if begin is None or end is None or case["funnel"].get("interval") != "day":
        return {name(case): (begin, end)}
    days = [begin + DAY * number for number in range((end - begin).days)]
    return {f"{name(case)}_{day:%Y%m%d}": (day, day + DAY) for day in days}


def start(text: str) -> datetime:
    return datetime.fromisoformat(text)


def until(text: str) -> datetime:
    """A last day is meant whole; a last instant is midnight, where nothing happens."""
    is_day = len(text) == len("2020-01-01")
    return datetime.fromisoformat(text) + (DAY if is_day else timedelta())


def attribution(case: Case) -> str | None:
    """PostHog counts the steps of an attribution from 0, we from 1."""
    breakdown = case["funnel"]["breakdown"]
    if not breakdown:
        return None
    code = breakdown["attribution"]
    return f"step:{breakdown['step'] + 1}" if code == "step" else str(code)


def funnels(case: Case) -> list[Row]:
    return [
        told.funnel(
            code,
            unit_code="visitor" if "aggregate_by" in case["funnel"] else "person",
            mode_code=case["funnel"]["order"],
            window_seconds=case["funnel"]["window"]["seconds"],
            attribution_code=attribution(case),
            entry_from=begin,
            entry_to=end,
        )
        for code, (begin, end) in entry_ranges(case).items()
    ]


def funnel_steps(case: Case) -> list[Row]:
    return [
        row
        for code in entry_ranges(case)
        for row in (*steps(case, code), *exclusions(case, code))
    ]


def steps(case: Case, funnel_code: str) -> list[Row]:
    return [
        told.step(funnel_code, order, codes(case)[row["event"]], **condition(row))
        for order, row in enumerate(case["funnel"]["steps"], start=1)
    ]


def exclusions(case: Case, funnel_code: str) -> list[Row]:
    return [
        told.exclusion(
            funnel_code,
            codes(case)[row["event"]],
            row["from_step"] + 1,
            row["to_step"] + 1,
            **condition(row),
            step_code=f"exclusion_{number}",
        )
        for number, row in enumerate(case["funnel"]["exclusions"], start=1)
    ]


def condition(row: Row) -> Row:
    """The property that a step or an exclusion asks for, if any."""
    ((key, value),) = row.get("where", {None: None}).items()
    return {"property_name": key, "property_value": value}


def gathered(cases: Sequence[Case], make: Callable[[Case], list[Row]]) -> list[Row]:
    return [row for case in cases for row in make(case)]
