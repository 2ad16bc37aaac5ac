"""fct_funnel_attempts and fct_event_funnels (section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .attempts import UNORDERED, Act, Attempt, Rules, attempts, best, step_times
from .events import Event
from .facts import UNKNOWN, Facts, Row, month_of, with_totals
from .funnels import is_match, is_total, percentile
from .journeys import Told, World, observed_until, tell_world
from .sessions import Session, session_row

DIMENSIONS = {
    "channel_code": UNKNOWN,
    "campaign": None,
    "keyword": None,
    "region_code": UNKNOWN,
    "product_code": UNKNOWN,
    "device": None,
    "landing_page": None,
}
ALL_EVENTS, FIRST, LAST, STEP = "all_events", "first_touch", "last_touch", "step:"


@dataclass(frozen=True)
class EventFunnel:
    """A funnel's row, its steps by position, each a list of alternatives."""

    row: Row
    steps: list[list[Row]]
    exclusions: list[Row]
    streams: frozenset[str]

    @property
    def rules(self) -> Rules:
        pairs = tuple((row["from_step"], row["to_step"]) for row in self.exclusions)
        window = timedelta(seconds=self.row["window_seconds"])
        mode = self.row["mode_code"] or "ordered"
        return Rules(mode, len(self.steps), window, pairs)

    @property
    def attribution(self) -> str:
        return self.row["attribution_code"] or "entry"

    def fills(self, event: Event) -> frozenset[int]:
        numbered = enumerate(self.steps, start=1)
        return frozenset(
            n for n, rows in numbered if any(matches(row, event) for row in rows)
        )

    def begins(self, event: Event) -> bool:
        """Can be an entry, its journey aside."""
        fills = self.fills(event)
        return bool(fills) if self.rules.mode == UNORDERED else 1 in fills

    def act(self, event: Event, *, may_enter: bool) -> Act:
        """In an ordered funnel step 1 is the entry."""
        fills = self.fills(event)
        if self.rules.mode != UNORDERED and not may_enter:
            fills -= {1}
        excluded = (n for n, row in enumerate(self.exclusions) if matches(row, event))
        is_streamed = event.source_code in self.streams
        named = frozenset(excluded)
        return Act(event.at, event.event_id, fills, named, is_streamed)


def matches(row: Row, event: Event) -> bool:
    return is_match(row | {"match_kind": "event"}, event)


def read_funnel(facts: Facts, funnel: Row) -> EventFunnel:
    rows = [r for r in facts.funnel_steps if r["funnel_code"] == funnel["funnel_code"]]
    events = [row for row in rows if row["match_kind"] == "event"]
    orders = sorted({row["step_order"] for row in events})
    codes = {row["match_code"] for row in events}
    return EventFunnel(
        funnel,
        [[row for row in events if row["step_order"] == order] for order in orders],
        [row for row in rows if row["match_kind"] == "exclusion"],
        frozenset(
            alias["source_code"]
            for alias in facts.event_aliases
            if alias["event_code"] in codes
        ),
    )


def unit_of(unit_code: str, event: Event) -> str | None:
    """Reading 6; an event without the key is in no attempt."""
    visitor = event.row.get("visitor_id")
    session = event.session.session_id if event.session else None
    units = {
        "person": event.person_id,
        "visitor": f"{event.source_code}/{visitor}" if visitor else None,
        "session": f"{event.source_code}/{session}" if session else None,
        "journey": event.journey_id,
    }
    return units[unit_code]


def dimensions(event: Event) -> dict[str, str | None]:
    """Null where nothing is said (reading 13)."""
    session, row = event.session, event.row
    found: dict[str, str | None] = {
        name: row.get(column) or None
        for name, column in (
            ("region_code", "region"),
            ("product_code", "product"),
            ("device", "device"),
        )
    }
    found |= dict.fromkeys(("channel_code", "campaign", "keyword", "landing_page"))
    if session is None:
        return found
    from_session = session_dimensions(session)
    return from_session | {name: v for name, v in found.items() if v is not None}


def session_dimensions(session: Session) -> dict[str, str | None]:
    row = session_row(session)
    known = {name: row[name] for name in DIMENSIONS if name != "product_code"}
    for name in ("channel_code", "region_code"):
        known[name] = None if known[name] == UNKNOWN else known[name]
    return known | {"product_code": None}


@dataclass(frozen=True)
class Tried:
    """An attempt of a unit, and the event that began it."""

    funnel: EventFunnel
    unit_id: str
    part: tuple[str | None, ...]
    events: list[Event]
    attempt: Attempt
    times: dict[int, datetime]
    entry: Event
    journey: Told | None

    @property
    def segment_code(self) -> str:
        return self.journey.segment_code if self.journey else UNKNOWN

    @property
    def level(self) -> int:
        return self.attempt.level


def read_in_zone(facts: Facts, at: datetime) -> datetime:
    local = at.replace(tzinfo=ZoneInfo(facts.timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def is_in_range(facts: Facts, funnel: Row, at: datetime) -> bool:
    begun = not funnel["entry_from"] or read_in_zone(facts, funnel["entry_from"]) <= at
    return begun and (
        not funnel["entry_to"] or at < read_in_zone(facts, funnel["entry_to"])
    )


def is_of_funnel(funnel: Row, journey: Told | None) -> bool:
    """Reading 14: the entry's journey, by its segment and current pipeline."""
    segment = journey.segment_code if journey else UNKNOWN
    pipeline = journey.moves[-1].pipeline_code if journey and journey.moves else None
    return (is_total(funnel["segment_code"]) or funnel["segment_code"] == segment) and (
        is_total(funnel["pipeline_code"]) or funnel["pipeline_code"] == pipeline
    )


def parts_of(
    funnel: EventFunnel, events: list[Event]
) -> dict[tuple[str | None, ...], list[Event]]:
    """With all_events a unit is parted by all that is said of its events."""
    found: dict[tuple[str | None, ...], list[Event]] = {}
    for event in events:
        said = dimensions(event)
        part = tuple(said[name] for name in DIMENSIONS)
        found.setdefault(part if funnel.attribution == ALL_EVENTS else (), []).append(
            event
        )
    return found


def units_of(funnel: EventFunnel, events: list[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        unit = unit_of(funnel.row["unit_code"], event)
        if unit is not None:
            found.setdefault(unit, []).append(event)
    return found


def least(events: Iterable[Event], at: datetime) -> Event | None:
    """Of the events at the instant the one with the least id."""
    tied = (event for event in events if event.at == at)
    return min(tied, key=lambda event: event.event_id, default=None)


def tried_by(
    facts: Facts, funnel: EventFunnel, unit: str, events: list[Event], world: World
) -> list[Tried]:
    """Attempts that begin with an event of the funnel's journeys, in its range."""
    by_id = {told.journey_id: told for told in world.journeys}
    found = []
    for part, own in parts_of(funnel, events).items():
        may_enter = [
            is_of_funnel(funnel.row, by_id.get(event.journey_id or "")) for event in own
        ]
        paired = list(zip(own, may_enter, strict=True))
        acts = [funnel.act(event, may_enter=may) for event, may in paired]
        entries = [event for event, may in paired if may and funnel.begins(event)]
        for attempt in attempts(acts, funnel.rules):
            entry = least(entries, attempt.entered_at)
            if entry is None or not is_in_range(facts, funnel.row, entry.at):
                continue
            journey = by_id.get(entry.journey_id or "")
            times = step_times(acts, funnel.rules, attempt)
            tried = Tried(funnel, unit, part, own, attempt, times, entry, journey)
            found.append(tried)
    return found


def all_tried(facts: Facts, funnel: EventFunnel, world: World) -> list[Tried]:
    return [
        tried
        for unit, events in units_of(funnel, world.events).items()
        for tried in tried_by(facts, funnel, unit, events, world)
    ]


Winners = dict[tuple[str, tuple[str | None, ...], date | None], Tried]


def winners(facts: Facts, everyone: list[Tried], *, by_month: bool) -> Winners:
    """The best attempt of each unit (and part) in each entry month, or over all."""
    groups: dict[tuple[str, tuple[str | None, ...], date | None], list[Tried]] = {}
    for tried in everyone:
        month = month_of(facts, tried.entry.at) if by_month else None
        groups.setdefault((tried.unit_id, tried.part, month), []).append(tried)
    found = {}
    for key, group in groups.items():
        won = best([tried.attempt for tried in group])
        found[key] = next(tried for tried in group if tried.attempt is won)
    return found


def touched(tried: Tried) -> list[Event]:
    """Events that bear a code, up to completion."""
    completed_at = tried.attempt.completed_at
    return [e for e in tried.events if e.alias is not None and e.at <= completed_at]


def attributed(tried: Tried) -> dict[str, str | None]:
    """Section 5.8, by reading 13; null where nothing is said."""
    attribution = tried.funnel.attribution
    if attribution in (FIRST, LAST):
        events = sorted(touched(tried), key=lambda event: event.order)
        ordered = events if attribution == FIRST else events[::-1]
        said = [dimensions(event) for event in ordered]
        return {
            name: next((each[name] for each in said if each[name] is not None), None)
            for name in DIMENSIONS
        }
    if attribution.startswith(STEP):
        step = int(attribution.removeprefix(STEP))
        if step not in tried.times:
            return dict.fromkeys(DIMENSIONS)
        able = [e for e in tried.events if step in tried.funnel.fills(e)]
        if step == 1 and tried.funnel.rules.mode != UNORDERED:
            able = [tried.entry]
        filling = least(able, tried.times[step])
        assert filling is not None, "a filled step has an event that fills it"
        return dimensions(filling)
    return dimensions(tried.entry)


def named_dimensions(tried: Tried) -> dict[str, str | None]:
    said = attributed(tried)
    return {
        name: said[name] if said[name] is not None else missing
        for name, missing in DIMENSIONS.items()
    }


def is_still_open(facts: Facts, tried: Tried) -> bool:
    if tried.attempt.is_void or tried.level == len(tried.funnel.steps):
        return False
    end = tried.attempt.entered_at + tried.funnel.rules.window
    return end >= observed_until(facts, tried.entry.source_code)


def step_code(rows: list[Row]) -> str:
    return str(min(row["step_code"] for row in rows))


def attempt_row(facts: Facts, tried: Tried, month: date | None) -> Row:
    steps = tried.funnel.steps
    return {
        "funnel_code": tried.funnel.row["funnel_code"],
        "unit_code": tried.funnel.row["unit_code"],
        "unit_id": tried.unit_id,
        "person_id": tried.entry.person_id,
        "journey_id": tried.entry.journey_id,
        "source_code": tried.entry.source_code,
        "segment_code": tried.segment_code,
        "entry_month": month,
        "entered_at": tried.attempt.entered_at,
        "completed_at": tried.attempt.completed_at,
        "furthest_step_order": steps[tried.level - 1][0]["step_order"],
        "steps_count": len(steps),
        "step_times": {step_code(steps[n - 1]): at for n, at in tried.times.items()},
        "is_excluded": tried.attempt.is_void,
        "is_still_open": is_still_open(facts, tried),
    } | named_dimensions(tried)


def event_funnels_of(facts: Facts) -> list[EventFunnel]:
    rows = [row for row in facts.funnels if row["kind_code"] == "event"]
    return [read_funnel(facts, row) for row in rows]


def funnel_attempts(facts: Facts) -> list[Row]:
    world = tell_world(facts)
    return [
        attempt_row(facts, tried, month)
        for funnel in event_funnels_of(facts)
        for (_, _, month), tried in winners(
            facts, all_tried(facts, funnel, world), by_month=True
        ).items()
    ]


def seconds_before(tried: Tried, position: int) -> float | None:
    """From the step (position) before; nothing of void attempts."""
    times = tried.attempt.times
    if position == 1 or tried.attempt.is_void or tried.level < position:
        return None
    return (times[position - 1] - times[position - 2]).total_seconds()


def step_row(facts: Facts, group: list[Tried], position: int) -> Row:
    rows = group[0].funnel.steps[position - 1]
    seconds = [seconds_before(tried, position) for tried in group]
    clean = [tried for tried in group if not tried.attempt.is_void]
    return {
        "step_order": rows[0]["step_order"],
        "step_code": step_code(rows),
        "entered_count": len(group),
        "reached_count": sum(tried.level >= position for tried in clean),
        "excluded_count": len(group) - len(clean),
        "still_open_count": sum(is_still_open(facts, tried) for tried in group),
        "median_seconds_from_previous": percentile(
            [value for value in seconds if value is not None], 0.5
        ),
    }


def funnel_rows(facts: Facts, funnel: EventFunnel, found: Winners) -> list[Row]:
    groups: dict[tuple[date | None, str, str], list[Tried]] = {}
    for (_, _, month), tried in found.items():
        channel = named_dimensions(tried)["channel_code"] or UNKNOWN
        for segment_code, channel_code in with_totals(tried.segment_code, channel):
            groups.setdefault((month, segment_code, channel_code), []).append(tried)
    return [
        {
            "funnel_code": funnel.row["funnel_code"],
            "entry_month": month,
            "is_all_months": month is None,
            "segment_code": segment_code,
            "channel_code": channel_code,
        }
        | step_row(facts, group, position)
        for (month, segment_code, channel_code), group in groups.items()
        for position in range(1, len(funnel.steps) + 1)
    ]


def event_funnels(facts: Facts) -> list[Row]:
    world = tell_world(facts)
    found = []
    for funnel in event_funnels_of(facts):
        everyone = all_tried(facts, funnel, world)
        for by_month in (True, False):
            won = winners(facts, everyone, by_month=by_month)
            found += funnel_rows(facts, funnel, won)
    return found
