"""The oracle's input, and the days and months of the reporting zone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

ALL = "all"
UNMAPPED = "unmapped"
UNKNOWN = "unknown"


@dataclass
class Facts:
    """Canonical objects and seeds (section 10); times are naive UTC."""

    stage_changes: list[Row]
    deals: list[Row]
    deal_changes: list[Row]
    leads: list[Row]
    contacts: list[Row]
    stages: list[Row]
    stage_aliases: list[Row]
    segments: list[Row]
    segment_rules: list[Row]
    funnels: list[Row]
    funnel_steps: list[Row]
    channels: list[Row]
    fx_rates: list[Row]
    as_of: datetime
    sources: dict[str, Row]
    timezone: str
    home_currency: str
    web_events: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    event_aliases: list[Row] = field(default_factory=list)


def known(facts: Facts, rows: Iterable[Row]) -> list[Row]:
    """Section 1: only what an extract taken at or before as-of brought."""
    return [row for row in rows if row["known_at"] <= facts.as_of]


@cache
def date_in_zone(zone: str, at: datetime) -> date:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


@cache
def midnight_in_zone(zone: str, day: date) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def local_date(facts: Facts, at: datetime) -> date:
    return date_in_zone(facts.timezone, at)


def start_of_day(facts: Facts, day: date) -> datetime:
    return midnight_in_zone(facts.timezone, day)


def end_of_day(facts: Facts, day: date) -> datetime:
    """The first instant of the next day."""
    return start_of_day(facts, day + timedelta(days=1))


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def previous_month(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_of(facts: Facts, at: datetime) -> date:
    return local_date(facts, at).replace(day=1)


def end_of_month(facts: Facts, month: date) -> datetime:
    """The first instant of the next month."""
    return start_of_day(facts, next_month(month))


def as_of_day(facts: Facts) -> date:
    return local_date(facts, facts.as_of)


def with_totals(*members: str) -> Iterator[tuple[str, ...]]:
    """Every combination of the members and `all` (end of section 10)."""
    return product(*[(member, ALL) for member in members])
