"""Random customer events with the awkward cases of section 5, added to CRM facts.

Few visitors, users and e-mails, so that they are shared; few instants, so that
they tie. Funnels of every mode and unit, whose steps repeat and overlap.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from .attempts import ORDERED, STRICT, UNORDERED, Act, Rules
from .facts import Facts, Row, end_of_month
from .generate import START, funnel, funnel_step, rule

MODES = (ORDERED, STRICT, UNORDERED)
UNITS = ("person", "visitor", "session", "journey")
ATTRIBUTIONS = (
    "entry", "first_touch", "last_touch", "step:2", "all_events", "step:3", None,
)  # fmt: skip
SHORT_WINDOWS = (0, 60, 600, 600, 3600, 3600)
LONG_WINDOWS = (86400, 5 * 86400, 30 * 86400)
MICROSECOND = timedelta(microseconds=1)
EVENT_COLUMNS = (
    "visitor_id", "user_id", "email_hash", "session_id", "page_url", "referrer",
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "region",
    "device", "product", "properties",
)  # fmt: skip
WORDS = {"google / cpc": "paid", "email": "mail", "news": "news", "(direct)": "direct"}
PAGES = (
    "https://shop.example/one?x=1#top",
    "https://shop.example/two",
    "https://shop.example/three#end",
)
REFERRERS = ("https://news.example/a", "https://shop.example/two", "https://a.example")
WEB_NAMES = ("page", "page", "page", "Form", "Form", "Chat", "Sign", "Sign", "Ping")
DONE_NAMES = ("Call", "Meeting", "Meeting", "Sign", "Note")
PROPERTIES: tuple[Row, ...] = (
    {},
    {"category": "Pricing"},
    {"category": "Bot"},
    {"plan": 1},
    {"plan": "1", "is_new": True},
    {"cart.size": "big"},
    {"cart": {"size": "big"}},
    {"plan": None, "category": "Pricing", "cart.size": "big"},
)
# (event code, property name, property value); a list holds alternatives.
Match = tuple[str, str | None, str | None]
VIEW, PRICE = ("view", None, None), ("price", None, None)
FORM, FORM_PLAN = ("form", None, None), ("form", "plan", "1")
BIG, CHAT = ("form", "cart.size", "big"), ("chat", None, None)
SIGN, CALL = ("sign", None, None), ("call", None, None)
MEETING = ("meeting", None, None)
SPARSE: tuple[list[list[Match]], ...] = (
    [[VIEW], [FORM], [SIGN]],
    [[FORM, CHAT], [SIGN]],
)
DONE: list[list[Match]] = [[CALL], [MEETING], [SIGN]]
DENSE: tuple[list[list[Match]], ...] = (
    *SPARSE,
    [[VIEW], [VIEW], [FORM]],
    [[FORM], [FORM_PLAN], [FORM, CHAT]],
    [[VIEW, CHAT], [BIG], [FORM], [SIGN]],
    [[VIEW], [("view", "is_new", "true")], [CHAT, PRICE], [VIEW]],
    [[FORM]],
)
EXCLUDED = (CHAT, SIGN, ("view", "plan", "1"), CALL)


@dataclass(frozen=True)
class EventShape:
    """How many bursts, and how likely each awkward thing is."""

    bursts: int = 200
    activity_bursts: int = 70
    tie: float = 0.3
    known: float = 0.25
    stranger: float = 0.1
    both_keys: float = 0.2
    chain: float = 0.05
    visitorless: float = 0.12
    given_session: float = 0.4
    said: float = 0.3
    unmapped: float = 0.05
    duplicate: float = 0.1
    late: float = 0.1
    future: float = 0.01
    timeless: float = 0.01
    corrected: float = 0.1
    month_edge: float = 0.15
    last_days: float = 0.08


@dataclass
class EventDraft:
    """What a generation of events has made so far."""

    rng: Random
    facts: Facts
    sources: list[str]
    shape: EventShape
    web_events: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    number: int = 0

    def happens(self, likelihood: float) -> bool:
        return self.rng.random() < likelihood

    def maybe(self, *values: Any) -> Any:
        return self.rng.choice(values) if self.happens(self.shape.said) else None

    def known_at(self, at: datetime, later: int = 0) -> datetime:
        """Extracts of events are taken once in thirty days, and at as-of."""
        number = (at - START).days // 30 + 1 + later
        taken = START + timedelta(days=30 * number, hours=3)
        is_late = later > 0 or at > self.facts.as_of
        return taken if is_late else min(taken, self.facts.as_of)


# Seeds


def event_alias(source: str, written: str, code: str | None, **columns: Any) -> Row:
    row = {
        "source_code": source,
        "source_event": written,
        "property_name": None,
        "property_value": None,
        "event_code": code,
        "actor_code": "seller" if code == "call" else "customer",
    }
    return row | columns


def aliases_of_another(source: str) -> list[Row]:
    """Fewer, and other ones: what is `chat` at the first source is unmapped here."""
    return [
        event_alias(source, "page", "view"),
        event_alias(source, "Form", "form"),
        event_alias(source, "Form", "sign", property_name="plan", property_value="1"),
        event_alias(source, "Sign", "sign"),
    ]


def aliases_of_events(source: str) -> list[Row]:
    """A narrow alias, a narrow one that ignores, a name that is ignored."""
    category = {"property_name": "category"}
    return [
        event_alias(source, "page", "view"),
        event_alias(source, "page", "price", **category, property_value="Pricing"),
        event_alias(source, "page", None, **category, property_value="Bot"),
        event_alias(source, "Form", "form"),
        event_alias(source, "Chat", "chat"),
        event_alias(source, "Sign", "sign"),
        event_alias(source, "Call", "call"),
        event_alias(source, "Meeting", "meeting"),
        event_alias(source, "Ping", None),
    ]


def event_step(code: str, order: int, match: Match, kind: str = "event") -> Row:
    row = funnel_step(code, order, match[0]) | {"step_code": f"step_{order}"}
    named = {"property_name": match[1], "property_value": match[2]}
    return row | named | {"match_kind": kind}


def exclusion(code: str, match: Match, first: int, last: int) -> Row:
    row = event_step(code, 0, match, "exclusion")
    no_step = {"step_order": None, "step_code": None}
    return row | no_step | {"from_step": first, "to_step": last}


def steps_and_exclusions(rng: Random, code: str, steps: list[list[Match]]) -> list[Row]:
    rows = [
        event_step(code, order, match)
        for order, matches in enumerate(steps, start=1)
        for match in matches
    ]
    for _ in range(rng.choice([0, 1, 1, 2])):
        last = rng.randint(2, max(2, len(steps)))
        first = rng.randint(1, last - 1)
        if last <= len(steps):
            rows.append(exclusion(code, rng.choice(EXCLUDED), first, last))
    return rows


def entry_range(rng: Random) -> Row:
    begun = datetime(2024, rng.randint(2, 4), 1)
    return {"entry_from": begun, "entry_to": begun + timedelta(days=150, hours=7)}


def random_steps(rng: Random, unit: str, *, is_long: bool) -> list[list[Match]]:
    """Sparse where the window is long: every way to fill the steps is tried."""
    offered = [*(SPARSE if is_long else DENSE)]
    if unit in ("person", "journey"):
        offered.append(DONE)
    return rng.choice(offered)


def random_event_funnel(rng: Random, code: str, mode: str, unit: str) -> list[Row]:
    """A funnel's row, and those of its steps and exclusions."""
    is_long = unit == "journey" or rng.random() < 0.2
    pipeline = rng.choice(["all", "", "p1"]) if is_long else ""
    row = funnel(code, pipeline, rng.choice(["", "", "", "all", "other"]))
    row |= {"kind_code": "event", "unit_code": unit, "mode_code": mode}
    row["window_seconds"] = rng.choice(LONG_WINDOWS if is_long else SHORT_WINDOWS)
    row |= entry_range(rng) if rng.random() < 0.3 else {}
    steps = random_steps(rng, unit, is_long=is_long)
    return [row, *steps_and_exclusions(rng, code, steps)]


def event_funnel_seeds(rng: Random) -> dict[str, list[Row]]:
    """Two of each mode and unit; what else they ask differs from seed to seed."""
    funnels, rows, turn = [], [], rng.randint(0, len(ATTRIBUTIONS))
    for number, (times, mode, unit) in enumerate(product((1, 2), MODES, UNITS)):
        code = f"e{times}_{mode}_{unit}"
        row, *others = random_event_funnel(rng, code, mode, unit)
        attribution = ATTRIBUTIONS[(turn + number) % len(ATTRIBUTIONS)]
        funnels.append(row | {"attribution_code": attribution})
        rows += others
    return {"funnels": funnels, "funnel_steps": rows}


def mixed_funnel_seeds() -> dict[str, list[Row]]:
    """Stage funnels with steps that are events."""
    rows = []
    for code in ("mixed", "mixed_all"):
        rows += [
            funnel_step(code, 1, "a"),
            event_step(code, 2, FORM),
            funnel_step(code, 3, "c"),
            event_step(code, 4, ("view", "plan", "1")),
            event_step(code, 5, SIGN),
            funnel_step(code, 6, "w"),
        ]
    steps = [row | {"step_code": f"step_{row['step_order']}"} for row in rows]
    funnels = [funnel("mixed", "p1", "all"), funnel("mixed_all", "all", "all")]
    return {"funnels": funnels, "funnel_steps": steps}


def reader_segment() -> dict[str, list[Row]]:
    """A segment of such as read much within some days of their entry."""
    segment = {
        "segment_code": "reader",
        "segment_name": "reader",
        "priority": 9,
        "landmark_days": 20,
    }
    rules = [
        rule("reader", 1, "view_count", "ge", "4"),
        rule("reader", 1, "call_count", "le", "0"),
        rule("reader", 1, "meeting_count", "le", "6"),
        rule("reader", 2, "form_count", "ge", "3"),
    ]
    return {"segments": [segment], "segment_rules": rules}


# Events


def instants(draft: EventDraft) -> list[datetime]:
    """A burst: ties, edges of windows and sessions, and a little after them."""
    rng, shape = draft.rng, draft.shape
    start = random_start(draft)
    found = [start]
    for _ in range(rng.randint(1, 8)):
        if draft.happens(shape.tie):
            found.append(rng.choice(found))
            continue
        pause = timedelta(
            seconds=rng.choice([1, 1, 30, 30, 60, 60, 600, 1800, 3600, 86400])
        )
        after = rng.choice([timedelta(), timedelta(), MICROSECOND, -MICROSECOND])
        origin = rng.choice([start, found[-1], found[-1]])
        found.append(origin + pause + after)
    return found


def random_start(draft: EventDraft) -> datetime:
    days = (draft.facts.as_of - START).days
    start = START + timedelta(seconds=draft.rng.randint(0, days * 86400))
    if draft.happens(draft.shape.last_days):
        return draft.facts.as_of - timedelta(seconds=draft.rng.randint(0, 200000))
    if draft.happens(draft.shape.month_edge):
        edge = end_of_month(draft.facts, start.date().replace(day=1))
        start = edge - draft.rng.choice(
            [timedelta(), MICROSECOND, timedelta(minutes=1)]
        )
    return start


@dataclass(frozen=True)
class Device:
    """A visitor of a source, and who mostly uses it."""

    source: str
    visitor_id: str | None
    user: int
    session_id: str | None


def random_device(draft: EventDraft) -> Device:
    """Only the first source states sessions."""
    source, number = draft.rng.choice(draft.sources), draft.rng.randint(1, 24)
    visitor = None if draft.happens(draft.shape.visitorless) else f"v{number:02d}"
    session = f"s{draft.rng.randint(1, 60):02d}"
    is_given = draft.happens(draft.shape.given_session) and source == draft.sources[0]
    return Device(source, visitor, number % 14, session if is_given else None)


def keys_of(draft: EventDraft, device: Device) -> Row:
    """Mostly nobody; seldom a stranger, and seldom two keys at once."""
    keys: Row = {"visitor_id": device.visitor_id, "session_id": device.session_id}
    if not draft.happens(draft.shape.known):
        return keys
    user = device.user
    if draft.happens(draft.shape.stranger):
        user = draft.rng.randint(0, 13)
    by_email = draft.happens(0.4)
    both = draft.happens(draft.shape.both_keys)
    if by_email or both:
        keys["email_hash"] = f"e{user}"
    if not by_email or both:
        keys["user_id"] = f"u{(user + both * draft.happens(draft.shape.chain)) % 14}"
    return keys


def said_of(draft: EventDraft) -> Row:
    """Words, pages and places, each of them seldom."""
    row = {
        "page_url": draft.maybe(*PAGES),
        "referrer": draft.maybe(*REFERRERS),
        "region": draft.maybe("north", "south", None),
        "device": draft.maybe("phone", "desk", None, None),
        "product": draft.maybe("tea", "milk", None, None),
    }
    if draft.happens(draft.shape.said):
        row["utm_source"] = draft.maybe("Google", "google", "news")
        row["utm_medium"] = draft.maybe("CPC", "cpc", "email", "other")
        row["utm_campaign"] = draft.maybe("spring", "autumn")
        row["utm_term"] = draft.maybe("kettle", "cup")
    return row


def written_at(draft: EventDraft, at: datetime) -> datetime | None:
    if draft.happens(draft.shape.timeless):
        return None
    return at + timedelta(days=900) if draft.happens(draft.shape.future) else at


def add_web_event(draft: EventDraft, device: Device, at: datetime) -> None:
    """Rows of one id are the same in whichever file they come."""
    draft.number += 1
    is_unmapped = draft.happens(draft.shape.unmapped)
    properties = draft.rng.choice(PROPERTIES)
    known_at = draft.known_at(at, draft.happens(draft.shape.late) * 2)
    row = dict.fromkeys(EVENT_COLUMNS) | {
        "source_code": device.source,
        "event_id": f"{draft.rng.randint(100, 999)}w{draft.number:05d}",
        "source_event": "??" if is_unmapped else draft.rng.choice(WEB_NAMES),
        "occurred_at": written_at(draft, at),
        "properties": json.dumps(properties) if properties else None,
        "known_at": known_at,
    }
    row |= keys_of(draft, device) | said_of(draft)
    draft.web_events.append(row)
    if draft.happens(draft.shape.duplicate):
        later = timedelta(days=30 * draft.rng.randint(0, 2))
        draft.web_events.append(row | {"known_at": known_at + later})


def deal_and_contact(draft: EventDraft) -> Row:
    deals = [row["deal_id"] for row in draft.facts.deals]
    contacts = [row["contact_id"] for row in draft.facts.contacts]
    has_deal = draft.happens(0.5) and bool(deals)
    return {
        "deal_id": draft.rng.choice(deals) if has_deal else None,
        "contact_id": draft.rng.choice([*contacts, None, None]),
    }


def add_activity(draft: EventDraft, whose: Row, at: datetime) -> None:
    """The same record may come again, corrected."""
    draft.number += 1
    row = whose | {
        "source_code": draft.sources[0],
        "activity_id": f"{draft.rng.randint(100, 999)}a{draft.number:05d}",
        "owner_id": None,
        "source_event": draft.rng.choice(DONE_NAMES),
        "direction_code": None,
        "occurred_at": written_at(draft, at),
        "known_at": draft.known_at(at),
    }
    draft.activities.append(row)
    if draft.happens(draft.shape.corrected):
        again = {"known_at": draft.known_at(at, draft.rng.randint(1, 3))}
        changed = {"source_event": draft.rng.choice(DONE_NAMES)}
        draft.activities.append(row | changed | again)


def add_burst(draft: EventDraft) -> None:
    device = random_device(draft)
    for at in instants(draft):
        add_web_event(draft, device, at)


def add_activity_burst(draft: EventDraft) -> None:
    whose = deal_and_contact(draft)
    for at in instants(draft)[:5]:
        add_activity(draft, whose, at)


def event_draft(facts: Facts, seed: int, shape: EventShape) -> EventDraft:
    rng = Random(seed)  # noqa: S311
    draft = EventDraft(rng, facts, [*facts.sources], shape)
    for _ in range(shape.bursts):
        add_burst(draft)
    for _ in range(shape.activity_bursts):
        add_activity_burst(draft)
    return draft


def with_events(facts: Facts, seed: int, **likelihoods: Any) -> Facts:
    """The facts with events of all their sources, and with what asks for them.

    Funnels of events, mixed ones, and a segment of such as read much.
    """
    draft = event_draft(facts, seed, EventShape(**likelihoods))
    asking = (event_funnel_seeds(draft.rng), mixed_funnel_seeds(), reader_segment())

    def more(name: str) -> list[Row]:
        rows: list[Row] = getattr(facts, name)
        return rows + [row for seeds in asking for row in seeds.get(name, [])]

    first, *others = draft.sources
    aliases = aliases_of_events(first)
    words = [{"source_value": k, "channel_code": v} for k, v in WORDS.items()]
    return replace(
        facts,
        web_events=draft.web_events,
        activities=draft.activities,
        event_aliases=aliases + [r for s in others for r in aliases_of_another(s)],
        channels=facts.channels + words,
        funnels=more("funnels"),
        funnel_steps=more("funnel_steps"),
        segments=more("segments"),
        segment_rules=more("segment_rules"),
    )


# One unit's stream, for Hypothesis

EPOCH = datetime(2024, 1, 1)


def at_second(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


def act_strategy(steps_count: int, exclusions: int) -> st.SearchStrategy[Act]:
    """One of few instants; able to fill any steps, or none; its id is given later."""
    return st.builds(
        Act,
        at=st.integers(0, 7).map(at_second),
        event_id=st.just("later"),
        fills=st.frozensets(st.integers(1, steps_count), max_size=2),
        excluded_by=st.frozensets(st.integers(0, max(0, exclusions - 1)), max_size=1)
        if exclusions
        else st.just(frozenset()),
    )


def rules_strategy(steps_count: int, exclusions: int) -> st.SearchStrategy[Rules]:
    pairs = [
        (first, last) for last in range(2, steps_count + 1) for first in range(1, last)
    ]
    return st.builds(
        Rules,
        mode=st.sampled_from(MODES),
        steps_count=st.just(steps_count),
        window=st.integers(0, 7).map(lambda seconds: timedelta(seconds=seconds)),
        exclusions=st.tuples(*[st.sampled_from(pairs)] * exclusions),
    )


@st.composite
def streams(
    draw: st.DrawFn, max_events: int = 7, with_exclusions: bool = True
) -> tuple[list[Act], Rules]:
    """Few events at few instants, and a funnel of two to four steps."""
    steps_count = draw(st.integers(2, 4))
    exclusions = draw(st.integers(0, 2)) if with_exclusions else 0
    drawn = draw(st.lists(act_strategy(steps_count, exclusions), max_size=max_events))
    acts = [replace(act, event_id=str(number)) for number, act in enumerate(drawn)]
    return acts, draw(rules_strategy(steps_count, exclusions))
