"""What a deal's fields held at an instant, and money in home currency."""

from datetime import date, datetime, timedelta
from typing import Any

from .facts import Facts, end_of_day
from .records import Journey

NUMBERS = {"amount", "probability"}


def parsed(field_code: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    return float(value) if field_code in NUMBERS else value


def value_at(facts: Facts, journey: Journey, field: str, at: datetime) -> Any:
    """Section 2.14: from the property's history, else from comparing versions."""
    if journey.deal_id is None:
        return None
    at = min(at, facts.as_of)
    changes = [row for row in journey.deal_changes if row["field_code"] == field]
    if not changes:
        return version_value_at(journey, field, at)
    past = [row for row in changes if (row["changed_at"] or datetime.min) <= at]
    if not past:
        return None
    last = max(past, key=lambda r: (r["changed_at"] or datetime.min, r["known_at"]))
    return parsed(field, last["value"])


def version_value_at(journey: Journey, field: str, at: datetime) -> Any:
    """The first version is taken to have held from the beginning."""
    if not journey.deal_versions:
        return None
    held = journey.deal_versions[0]
    for row in journey.deal_versions:
        if row["known_at"] <= at:
            held = row
    return parsed(field, held[field])


def last_instant(facts: Facts, day: date) -> datetime:
    return end_of_day(facts, day) - timedelta(microseconds=1)


def home_rate(facts: Facts, currency: str | None, day: date | None) -> float | None:
    """Section 7: the latest rate dated on or before the day; missing is null."""
    if currency == facts.home_currency:
        return 1.0
    past = [
        row
        for row in facts.fx_rates
        if row["currency_code"] == currency and day and row["rate_date"] <= day
    ]
    if not past:
        return None
    return float(max(past, key=lambda row: row["rate_date"])["home_rate"])


def home_amount_on(facts: Facts, journey: Journey, day: date) -> float | None:
    """The amount held at the day's end, at the rate of the day."""
    at = last_instant(facts, day)
    amount = value_at(facts, journey, "amount", at)
    rate = home_rate(facts, value_at(facts, journey, "currency_code", at), day)
    return None if amount is None or rate is None else amount * rate
