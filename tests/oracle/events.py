"""Web events and activities: their codes, persons, sessions and journeys."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .facts import Facts, Row, known
from .identity import People
from .records import Key
from .sessions import Session, sessions_of

WEB, ACTIVITY = "web_events", "activities"


@dataclass(frozen=True)
class Span:
    """What an event asks of a journey; `records` are (source, kind, id)."""

    journey_id: str
    person_id: str | None
    records: frozenset[tuple[str, str, str]]
    entered_at: datetime | None
    ended_at: datetime | None
    is_set_aside: bool

    def is_open(self, at: datetime) -> bool:
        begun = self.entered_at is not None and self.entered_at <= at
        return begun and (self.ended_at is None or at < self.ended_at)


@dataclass(eq=False)
class Event:
    """One event that has happened by as-of and is not ignored."""

    kind: str
    row: Row
    known_at: datetime
    alias: Row | None
    person_id: str | None
    session: Session | None
    journey_id: str | None

    @property
    def source_code(self) -> str:
        return str(self.row["source_code"])

    @property
    def event_id(self) -> str:
        return str(self.row["event_id"])

    @property
    def at(self) -> datetime:
        at = self.row["occurred_at"]
        assert isinstance(at, datetime), "only events with a time are told"
        return at

    @property
    def event_code(self) -> str | None:
        return self.alias["event_code"] if self.alias else None

    @property
    def order(self) -> tuple[datetime, str]:
        return (self.at, self.event_id)


def said(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "known_at"}


def present_rows(facts: Facts, rows: list[Row]) -> list[Row]:
    """One an activity: as the latest extract shows it, known since it is so."""
    found: dict[Key, Row] = {}
    for row in sorted(known(facts, rows), key=lambda row: row["known_at"]):
        key = (row["source_code"], row["event_id"])
        if key not in found or said(found[key]) != said(row):
            found[key] = row
    return list(found.values())


def has_happened(facts: Facts, row: Row) -> bool:
    """Reading 2: no future events, none without a time."""
    return row["occurred_at"] is not None and row["occurred_at"] <= facts.as_of


def first_rows(facts: Facts, rows: list[Row]) -> list[Row]:
    """One an event: it happened once, as the first extract that brought it told."""
    found: dict[Key, Row] = {}
    for row in sorted(known(facts, rows), key=lambda row: row["known_at"]):
        found.setdefault((row["source_code"], row["event_id"]), row)
    return list(found.values())


def web_rows(facts: Facts) -> list[Row]:
    rows = first_rows(facts, facts.web_events)
    return [row for row in rows if has_happened(facts, row)]


def activity_rows(facts: Facts) -> list[Row]:
    """Activities, named and keyed as events are."""
    named = [row | {"event_id": row["activity_id"]} for row in facts.activities]
    return [row for row in present_rows(facts, named) if has_happened(facts, row)]


def property_text(row: Row, name: str | None) -> str | None:
    """A top-level value of the JSON document, as text."""
    value = json.loads(row.get("properties") or "{}").get(name)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def has_property(row: Row, name: str | None, value: str | None) -> bool:
    return not name or property_text(row, name) == value


def alias_of(facts: Facts, row: Row) -> Row | None:
    """Reading 1: the narrowest that fits."""
    fitting = [
        alias
        for alias in facts.event_aliases
        if alias["source_code"] == row["source_code"]
        and alias["source_event"] == row["source_event"]
        and has_property(row, alias["property_name"], alias["property_value"])
    ]

    def narrowness(alias: Row) -> tuple[Any, ...]:
        names = ("property_name", "property_value", "event_code")
        return (not alias["property_name"], *[alias[name] or "" for name in names])

    return min(fitting, key=narrowness, default=None)


def is_ignored(alias: Row | None) -> bool:
    return alias is not None and not alias["event_code"]


def journey_of(row: Row, person_id: str | None, spans: list[Span]) -> str | None:
    """Reading 5: the deal's; else by person the one open, the next, the last."""
    if row.get("deal_id"):
        own = deals_journey(row, spans)
        return own.journey_id if own and not own.is_set_aside else None
    theirs = [
        span
        for span in spans
        if person_id and span.person_id == person_id and not span.is_set_aside
    ]
    return journey_at(row["occurred_at"], theirs)


def journey_at(at: datetime, spans: list[Span]) -> str | None:
    dated = [(s.entered_at, s.journey_id, s) for s in spans if s.entered_at]
    dated.sort(key=lambda found: found[:2])
    still_open = [name for _, name, span in dated if span.is_open(at)]
    before = [name for entered_at, name, _ in dated if entered_at <= at]
    after = [name for entered_at, name, _ in dated if entered_at > at]
    if still_open:
        return still_open[-1]
    if after:
        return after[0]
    return before[-1] if before else None


def deals_journey(row: Row, spans: list[Span]) -> Span | None:
    record = (row["source_code"], "deal", row["deal_id"])
    return next((span for span in spans if record in span.records), None)


def person_of_activity(row: Row, people: People, spans: list[Span]) -> str | None:
    """Its contact's, else that of its deal, which takes no events if set aside."""
    if row["contact_id"]:
        return people.of_contact((row["source_code"], row["contact_id"]))
    own = deals_journey(row, spans)
    return own.person_id if own and not own.is_set_aside else None


def tell_web(facts: Facts, people: People, spans: list[Span]) -> list[Event]:
    web = web_rows(facts)
    session_of = {
        (row["source_code"], row["event_id"]): session
        for session in sessions_of(facts, web, people)
        for row in session.rows
    }
    found = []
    for row in web:
        alias, person = alias_of(facts, row), people.of_event(row)
        session = session_of.get((row["source_code"], row["event_id"]))
        journey = journey_of(row, person, spans)
        event = Event(WEB, row, row["known_at"], alias, person, session, journey)
        found.append(event)
    return found


def tell_activities(facts: Facts, people: People, spans: list[Span]) -> list[Event]:
    found = []
    for row in activity_rows(facts):
        alias, person = alias_of(facts, row), person_of_activity(row, people, spans)
        journey = journey_of(row, person, spans)
        event = Event(ACTIVITY, row, row["known_at"], alias, person, None, journey)
        found.append(event)
    return found


def tell_events(facts: Facts, people: People, spans: list[Span]) -> list[Event]:
    """All that are not ignored, unmapped ones too."""
    found = tell_web(facts, people, spans) + tell_activities(facts, people, spans)
    told = [event for event in found if not is_ignored(event.alias)]
    return sorted(told, key=lambda event: event.order)
