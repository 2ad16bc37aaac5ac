"""The models of events beside the oracle: rows of both sides under names both know.

A person has no name of its own: it is called by the least of its events and
journeys, so that two sides agree where they group them alike.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from tests import oracle
from tests.models.oracle_comparison import Asked
from tests.oracle.facts import Facts

Row = dict[str, Any]
EVENT_GRAINS: dict[str, tuple[str, ...]] = {
    "journey_events": ("source_code", "event_id"),
    "known_events": ("source_code", "event_id"),
    "web_sessions": ("source_code", "session"),
    "funnel_attempts": ("funnel_code", "unit", "part", "entry_month"),
    "event_funnels": (
        "funnel_code", "entry_month", "segment_code", "channel_code", "step_order",
    ),
}  # fmt: skip
# When an event was known is compared by itself.
TABLES = {"known_events": "journey_events"}
OPAQUE = ("known_at", "person_id", "journey_id", "session_id", "unit_id", "step_times")
PARTED = "all_events"
DIMENSIONS = (
    "channel_code", "campaign", "keyword", "region_code", "product_code", "device",
    "landing_page",
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """Rows of one side, and how it calls persons, journeys and sessions."""

    facts: Facts
    rows: Callable[[str], list[Row]]
    persons: dict[str, str]
    journeys: dict[str, str]
    sessions: dict[str, str]

    def named(self, name: str) -> list[Row]:
        rows = self.rows(TABLES.get(name, name))
        if name == "known_events":
            kept = (*EVENT_GRAINS[name], "known_at")
            return [{column: row[column] for column in kept} for row in rows]
        return [self.name(row) for row in rows]

    def name(self, row: Row) -> Row:
        found = {key: value for key, value in row.items() if key not in OPAQUE}
        if "person_id" in row:
            found["person"] = self.persons.get(row["person_id"], "no other")
            found["is_of_person"] = row["person_id"] is not None
        if "journey_id" in row:
            found["journey"] = self.journeys.get(row["journey_id"])
        if "session_id" in row:
            found["session"] = self.session(row)
        if "unit_id" in row:
            found |= self.attempt(row)
        return found

    def session(self, row: Row) -> str | None:
        if row["session_id"] is None:
            return None
        return self.sessions[f"{row['source_code']}/{row['session_id']}"]

    def attempt(self, row: Row) -> Row:
        funnels = {found["funnel_code"]: found for found in self.facts.funnels}
        funnel = funnels[row["funnel_code"]]
        names = {
            "person": self.persons,
            "session": self.sessions,
            "journey": self.journeys,
            "visitor": {},
        }[funnel["unit_code"]]
        is_parted = funnel["attribution_code"] == PARTED
        return {
            "unit": names.get(row["unit_id"], row["unit_id"]),
            "part": ", ".join(str(row[name]) for name in DIMENSIONS if is_parted),
            "times": times_in_words(row["step_times"]),
        }


def times_in_words(step_times: Any) -> str:
    """Of a dictionary, or of the JSON that a mart holds."""
    times = json.loads(step_times) if isinstance(step_times, str) else step_times
    return ", ".join(f"{code} {instant(times[code])}" for code in sorted(times))


def instant(at: Any) -> datetime:
    """A time without offset is UTC."""
    time = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def journey_name(row: Row) -> str:
    return f"journey {row['lead_id']} {row['deal_id']}"


def session_name(facts: Facts, row: Row) -> str:
    """As the source wrote it, else by its source, visitor and start."""
    if any(event["session_id"] == row["session_id"] for event in facts.web_events):
        return str(row["session_id"])
    return f"{row['source_code']} {row['visitor_id']} {row['started_at']}"


def side(facts: Facts, rows: Callable[[str], list[Row]]) -> Side:
    journeys, events = rows("journeys"), rows("journey_events")
    persons: dict[str, str] = {}
    told = [(row["person_id"], journey_name(row)) for row in journeys]
    told += [(row["person_id"], f"event {row['event_id']}") for row in events]
    for person, name in told:
        if person is not None:
            persons[person] = min(name, persons.get(person, name))
    sessions = {
        f"{row['source_code']}/{row['session_id']}": session_name(facts, row)
        for row in rows("web_sessions")
    }
    names = {row["journey_id"]: journey_name(row) for row in journeys}
    return Side(facts, rows, persons, names, sessions)


def expected_side(facts: Facts) -> Side:
    return side(facts, cache(lambda name: getattr(oracle, name)(facts)))


def actual_side(facts: Facts, marts: Asked) -> Side:
    queries = {
        "journey_events": "select * from marts.fct_journey_events where is_dated",
    }

    def rows(name: str) -> list[Row]:
        return marts.rows(queries.get(name, f"select * from marts.fct_{name}"))

    return side(facts, cache(rows))
