"""fct_journey_events and fct_web_sessions."""

from .events import web_rows
from .facts import Facts, Row
from .identity import people_of
from .journeys import tell_world
from .sessions import session_row, sessions_of


def journey_events(facts: Facts) -> list[Row]:
    """Events that bear a code."""
    return [
        {
            "event_id": event.event_id,
            "person_id": event.person_id,
            "journey_id": event.journey_id,
            "event_code": event.alias["event_code"],
            "actor_code": event.alias["actor_code"],
            "occurred_at": event.at,
            "known_at": event.known_at,
            "source_code": event.source_code,
        }
        for event in tell_world(facts).events
        if event.alias is not None
    ]


def web_sessions(facts: Facts) -> list[Row]:
    sessions = sessions_of(facts, web_rows(facts), people_of(facts))
    return [session_row(session) for session in sessions]
