"""Web sessions, given by the source or derived from pauses (reading 4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from .facts import UNKNOWN, UNMAPPED, Facts, Row
from .identity import People, age, node_of

PAUSE = timedelta(seconds=1800)
PAGE_VIEWS = {"page", "page_view", "$pageview"}


def first_said(rows: Iterable[Row], *columns: str) -> Row | None:
    """The first row that says anything in one of the columns."""
    return next((row for row in rows if any(row[name] for name in columns)), None)


def value_of(row: Row | None, column: str) -> str | None:
    return (row[column] or None) if row else None


def without_query(url: str | None) -> str | None:
    return url.split("#")[0].split("?")[0] if url else None


def host(url: str | None) -> str | None:
    return urlsplit(url).hostname if url else None


@dataclass(eq=False)
class Session:
    """One session; `rows` are its web events in order."""

    source_code: str
    session_id: str
    is_derived: bool
    person_id: str | None = None
    channel_code: str = UNKNOWN
    rows: list[Row] = field(default_factory=list)

    @property
    def visitor_id(self) -> str | None:
        return value_of(first_said(self.rows, "visitor_id"), "visitor_id")

    @property
    def worded(self) -> Row | None:
        """The earliest event that bears the words of a campaign."""
        return first_said(self.rows, "utm_source", "utm_medium", "utm_campaign")

    @property
    def landing(self) -> Row | None:
        return first_said(self.rows, "page_url")

    def first(self, column: str) -> str | None:
        return value_of(first_said(self.rows, column), column)


def looked_up(facts: Facts, words: Iterable[str | None], missing: str) -> str:
    codes = {row["source_value"]: row["channel_code"] for row in facts.channels}
    return next((codes[word] for word in words if word in codes), missing)


def channel_of(facts: Facts, session: Session) -> str:
    worded, landing = session.worded, session.landing
    if worded is not None:
        source = (worded["utm_source"] or "").lower()
        medium = (worded["utm_medium"] or "").lower()
        both = f"{source} / {medium}" if source and medium else None
        return looked_up(facts, [both, medium or None, source or None], UNMAPPED)
    came_from = host(landing["referrer"]) if landing else None
    is_referred = landing is not None and came_from not in (
        None,
        host(landing["page_url"]),
    )
    return looked_up(facts, ["(referral)" if is_referred else "(direct)"], UNKNOWN)


def person_of_session(session: Session, people: People) -> str | None:
    """The first who says who they are, else the first who is anybody."""
    identified = [row for row in session.rows if node_of(row) is not None]
    found = map(people.of_event, [*identified, *session.rows])
    return next((person for person in found if person is not None), None)


def given_sessions(rows: list[Row]) -> list[Session]:
    found: dict[tuple[str, str], Session] = {}
    for row in rows:
        if row["session_id"]:
            key = (row["source_code"], row["session_id"])
            found.setdefault(key, Session(*key, is_derived=False)).rows.append(row)
    return list(found.values())


def derived_sessions(rows: list[Row]) -> list[Session]:
    """A gap of more than 1,800 s begins a new one."""
    found: dict[tuple[str, str], list[Session]] = {}
    for row in rows:
        if row["session_id"] or not row["visitor_id"]:
            continue
        key = (row["source_code"], row["visitor_id"])
        theirs = found.setdefault(key, [])
        if not theirs or row["occurred_at"] - last_time(theirs[-1]) > PAUSE:
            name = f"{row['visitor_id']}|{len(theirs) + 1}"
            theirs.append(Session(row["source_code"], name, is_derived=True))
        theirs[-1].rows.append(row)
    return [session for theirs in found.values() for session in theirs]


def last_time(session: Session) -> datetime:
    at = session.rows[-1]["occurred_at"]
    assert isinstance(at, datetime), "events of sessions have a time"
    return at


def sessions_of(facts: Facts, web: list[Row], people: People) -> list[Session]:
    """Of web events that have happened, ignored ones too."""
    rows = sorted(web, key=age)
    found = given_sessions(rows) + derived_sessions(rows)
    for session in found:
        session.person_id = person_of_session(session, people)
        session.channel_code = channel_of(facts, session)
    return found


def session_row(session: Session) -> Row:
    pages = [row["page_url"] for row in session.rows if row["page_url"]]
    return {
        "source_code": session.source_code,
        "session_id": session.session_id,
        "is_derived": session.is_derived,
        "person_id": session.person_id,
        "visitor_id": session.visitor_id,
        "started_at": session.rows[0]["occurred_at"],
        "ended_at": session.rows[-1]["occurred_at"],
        "events_count": len(session.rows),
        "page_views_count": sum(r["source_event"] in PAGE_VIEWS for r in session.rows),
        "landing_page": without_query(pages[0]) if pages else None,
        "exit_page": without_query(pages[-1]) if pages else None,
        "channel_code": session.channel_code,
        "campaign": value_of(session.worded, "utm_campaign"),
        "keyword": value_of(session.worded, "utm_term"),
        "region_code": session.first("region") or UNKNOWN,
        "device": session.first("device"),
    }
