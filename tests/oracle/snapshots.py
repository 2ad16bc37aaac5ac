"""fct_stage_snapshots by looking at every journey on every day (section 3)."""

from datetime import date, datetime, timedelta
from statistics import mean, median

from .facts import Facts, Row, as_of_day, end_of_day, local_date
from .registry import last_stage
from .stays import Stay, all_stays
from .values import home_amount_on, last_instant, value_at

Group = tuple[str, str, str]  # pipeline, stage, segment


def group_of(stay: Stay) -> Group:
    return (stay.pipeline_code, stay.stage_code, stay.told.segment_code)


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def watched_to(facts: Facts, stay: Stay, day: date) -> datetime:
    """Age and staleness run to the day's end, or to observed_until."""
    return min(end_of_day(facts, day), stay.told.observed_until)


def age_seconds(facts: Facts, stay: Stay, day: date) -> float:
    return (watched_to(facts, stay, day) - stay.begun_at).total_seconds()


def stage_row(facts: Facts, stay: Stay, day: date) -> Row:
    return last_stage(facts, stay.pipeline_code, stay.stage_code, day) or {}


def is_stale(facts: Facts, stay: Stay, day: date) -> bool:
    """From the day that holds entry + patience on."""
    entered_on = local_date(facts, stay.begun_at)
    patience = stage_row(facts, stay, entered_on).get("stale_after_days")
    if patience is None:
        return False
    due = stay.begun_at + timedelta(days=patience)
    return due < end_of_day(facts, day) and due <= stay.told.observed_until


def probability_on(facts: Facts, stay: Stay, day: date) -> float | None:
    at = last_instant(facts, day)
    stated = value_at(facts, stay.told.history.journey, "probability", at)
    if stated is not None:
        return stated
    return stage_row(facts, stay, day).get("probability")


def open_amount(facts: Facts, stays: list[Stay], day: date) -> float:
    amounts = [home_amount_on(facts, s.told.history.journey, day) for s in stays]
    return sum(amount for amount in amounts if amount is not None)


def weighted_amount(facts: Facts, stays: list[Stay], day: date) -> float:
    total = 0.0
    for stay in stays:
        amount = home_amount_on(facts, stay.told.history.journey, day)
        probability = probability_on(facts, stay, day)
        if amount is not None and probability is not None:
            total += amount * float(probability)
    return total


def is_median_day(facts: Facts, day: date) -> bool:
    return (day + timedelta(days=1)).day == 1 or day == as_of_day(facts)


def flow(facts: Facts, stays: list[Stay], day: date) -> Row:
    ended = [s for s in stays if s.ended_at and local_date(facts, s.ended_at) == day]
    return {
        "entered_count": sum(local_date(facts, s.begun_at) == day for s in stays),
        "left_count": sum(not stay.is_removed for stay in ended),
        "removed_count": sum(stay.is_removed for stay in ended),
    }


def stock(facts: Facts, stays: list[Stay], day: date) -> Row:
    here = [stay for stay in stays if stay.is_open_at(end_of_day(facts, day))]
    ages = [age_seconds(facts, stay, day) for stay in here]
    return {
        "open_count": len(here),
        "open_amount": open_amount(facts, here, day),
        "weighted_amount": weighted_amount(facts, here, day),
        "mean_age_seconds": mean(ages) if ages else None,
        "median_age_seconds": (
            median(ages) if ages and is_median_day(facts, day) else None
        ),
        "stale_count": sum(is_stale(facts, stay, day) for stay in here),
    }


def group_rows(facts: Facts, group: Group, stays: list[Stay]) -> list[Row]:
    """Dense from the group's first entry to as-of."""
    first = min(local_date(facts, stay.begun_at) for stay in stays)
    columns = ("pipeline_code", "stage_code", "segment_code")
    named = dict(zip(columns, group, strict=True))
    return [
        {"snapshot_date": day}
        | named
        | flow(facts, stays, day)
        | stock(facts, stays, day)
        for day in days_between(first, as_of_day(facts))
    ]


def stage_snapshots(facts: Facts) -> list[Row]:
    groups: dict[Group, list[Stay]] = {}
    for stay in all_stays(facts):
        if stay.is_open_stage:
            groups.setdefault(group_of(stay), []).append(stay)
    return [
        row
        for group in sorted(groups)
        for row in group_rows(facts, group, groups[group])
    ]
