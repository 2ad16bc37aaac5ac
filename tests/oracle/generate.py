"""Random facts with the awkward cases of section 2, plain or drawn by Hypothesis.

The registry is always the same small one; histories, extracts and money vary.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from .facts import Facts, Row
from .ledger import ambiguous_changes

START = datetime(2024, 1, 1)
MIDDLE = date(2024, 6, 1)
ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu")
SOURCES = ("one", "two")
CHANNELS = {"Web": "web", "web ": "web", "Fair": "fair", "Phone": "phone"}
HOME_CURRENCY = "EUR"
OPEN_CODES = ("a", "b", "r", "n", "c", "d")
FIELDS = ("amount", "currency_code", "probability", "owner_id", "expected_close_at")


@dataclass(frozen=True)
class Shape:
    """How likely each awkward thing is; 0 switches it off."""

    days: int = 400
    extract_days: int = 7
    max_moves: int = 8
    tie: float = 0.12
    repeated_row: float = 0.3
    late_row: float = 0.12
    future_row: float = 0.02
    timeless_row: float = 0.02
    deleted: float = 0.08
    undeleted: float = 0.02
    merged: float = 0.15
    mid_entry: float = 0.15
    skip: float = 0.12
    backward: float = 0.1
    lost: float = 0.12
    won: float = 0.08
    reopened: float = 0.3
    transfer: float = 0.06
    unmapped: float = 0.05
    ignored: float = 0.03
    same_stage: float = 0.04
    own_dated: float = 0.3
    contradictory_dates: float = 0.15
    sequenced: float = 0.3
    lead_only: float = 0.12
    converted_lead: float = 0.35
    several_deals: float = 0.2
    several_leads: float = 0.2
    deal_history: float = 0.5
    stale_source: float = 0.2
    history_from: float = 0.5


PLAIN = Shape(
    future_row=0.0, timeless_row=0.0, contradictory_dates=0.0, ignored=0.0, merged=0.0
)


@dataclass
class Draft:
    """What a generation has made so far."""

    rng: Random
    shape: Shape
    pipelines: int
    extracts: list[datetime]
    stage_changes: list[Row] = field(default_factory=list)
    deals: list[Row] = field(default_factory=list)
    deal_changes: list[Row] = field(default_factory=list)
    leads: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    lone_deals: list[tuple[str, str]] = field(default_factory=list)
    deal_number: int = 0
    lead_number: int = 0

    def happens(self, likelihood: float) -> bool:
        return self.rng.random() < likelihood

    def extract_after(self, at: datetime, skipped: int = 0) -> datetime:
        later = [extract for extract in self.extracts if extract >= at]
        return later[min(skipped, len(later) - 1)] if later else self.extracts[-1]

    def known_at(self, at: datetime) -> datetime:
        late = self.happens(self.shape.late_row)
        return self.extract_after(at, self.rng.randint(1, 9) if late else 0)


# The registry


def stage(pipeline: str, code: str, order: int, **columns: Any) -> Row:
    row = {
        "pipeline_code": pipeline,
        "stage_code": code,
        "stage_name": code,
        "stage_order": order,
        "actor_code": "customer",
        "trigger_name": code,
        "outcome_code": "open",
        "probability": min(order, 90) / 100,
        "stale_after_days": 10 if code in "ac" else None,
        "valid_from": None,
        "valid_to": None,
    }
    return row | columns


def stages_of(number: int) -> list[Row]:
    """`r` retires, `n` begins and `d` changes its order in the middle."""
    pipeline, shift = f"p{number}", 3 * (number - 1)
    rows = [
        stage(pipeline, "a", 10 + shift),
        stage(pipeline, "b", 20 + shift),
        stage(pipeline, "r", 25 + shift, valid_to=MIDDLE),
        stage(pipeline, "n", 27 + shift, valid_from=MIDDLE),
        stage(pipeline, "c", 30 + shift),
        stage(pipeline, "w", 50 + shift, outcome_code="won", probability=1.0),
        stage(pipeline, "x", 60 + shift, outcome_code="won", probability=1.0),
        stage(pipeline, "l", 99 * (number % 2), outcome_code="lost", probability=0.0),
    ]
    if number % 2:
        rows.append(stage(pipeline, "d", 40, valid_to=MIDDLE))
        rows.append(stage(pipeline, "d", 15, valid_from=MIDDLE))
    else:
        rows.append(stage(pipeline, "e", 45 + shift, stale_after_days=3))
    return rows


def codes_of(number: int) -> list[str]:
    """The pipeline's codes in the order a customer goes through them."""
    last = "d" if number % 2 else "e"
    return ["a", "b", "r", "n", "c", last, "w", "x"]


def alias(source: str, number: int, written: str, code: str, **columns: Any) -> Row:
    row = {
        "source_code": source,
        "source_pipeline": f"P{number}",
        "source_stage": written,
        "pipeline_code": f"p{number}",
        "stage_code": code,
        "is_ignored": False,
        "valid_from": None,
        "valid_to": None,
    }
    return row | columns


def aliases_of(source: str, number: int) -> list[Row]:
    """`A2` spells `a` too, `Q` changes its meaning, `Old` loses its."""
    codes = [*codes_of(number), "l"]
    rows = [alias(source, number, code.upper(), code) for code in codes]
    ignored = {"is_ignored": True, "pipeline_code": None}
    return [
        *rows,
        alias(source, number, "A2", "a"),
        alias(source, number, "Q", "a", valid_to=MIDDLE),
        alias(source, number, "Q", "b", valid_from=MIDDLE),
        alias(source, number, "Old", "c", valid_to=MIDDLE),
        alias(source, number, "Junk", "", **ignored),
    ]


def rule(segment: str, group: int, feature: str, operator: str, value: str) -> Row:
    return {
        "segment_code": segment,
        "group_number": group,
        "feature_code": feature,
        "operator_code": operator,
        "value": value,
    }


def segment_seeds() -> dict[str, list[Row]]:
    names = ("fair", "late", "second")
    segments = [
        {
            "segment_code": name,
            "segment_name": name,
            "priority": priority,
            "landmark_days": 0,
        }
        for priority, name in enumerate(names, start=1)
    ]
    rules = [
        rule("fair", 1, "channel", "eq", "fair"),
        rule("fair", 1, "product", "in", "tea|milk"),
        rule("fair", 2, "region", "eq", "north"),
        rule("late", 1, "entry_stage", "not_in", "a|b|unmapped"),
        rule("second", 1, "pipeline", "ne", "p1"),
    ]
    return {"segments": segments, "segment_rules": rules}


def funnel(code: str, pipeline: str, segment: str) -> Row:
    return {
        "funnel_code": code,
        "pipeline_code": pipeline,
        "segment_code": segment,
        "kind_code": "stage",
        "unit_code": "journey",
        "mode_code": "ordered",
        "window_seconds": None,
        "attribution_code": "entry",
        "entry_from": None,
        "entry_to": None,
    }


def funnel_step(code: str, order: int, match: str) -> Row:
    return {
        "funnel_code": code,
        "step_order": order,
        "step_code": f"step_{match}",
        "match_kind": "stage",
        "match_code": match,
        "property_name": None,
        "property_value": None,
        "from_step": None,
        "to_step": None,
    }


def funnel_seeds(pipelines: int) -> dict[str, list[Row]]:
    """Each pipeline whole, the first without `b`, and one segment of the first."""
    steps = {f"f{n}": "abcwx" for n in range(1, pipelines + 1)}
    steps |= {"short": "acw", "segment": "abw"}
    funnels = [funnel(f"f{n}", f"p{n}", "all") for n in range(1, pipelines + 1)]
    funnels += [funnel("short", "p1", "all"), funnel("segment", "p1", "late")]
    rows = [
        funnel_step(code, order, match)
        for code, matches in steps.items()
        for order, match in enumerate(matches, start=1)
    ]
    return {"funnels": funnels, "funnel_steps": rows}


def fx_seed() -> list[Row]:
    """No rate of USD before the second month, none of JPY at all."""
    days = [START.date() + timedelta(days=30 * n) for n in range(1, 14)]
    return [
        {"currency_code": "USD", "rate_date": day, "home_rate": 0.9 + n / 100}
        for n, day in enumerate(days)
    ]


def seeds(pipelines: int) -> dict[str, list[Row]]:
    numbers = range(1, pipelines + 1)
    channels = [{"source_value": k, "channel_code": v} for k, v in CHANNELS.items()]
    return {
        "stages": [row for n in numbers for row in stages_of(n)],
        "stage_aliases": [
            r for s in SOURCES for n in numbers for r in aliases_of(s, n)
        ],
        "channels": channels,
        "fx_rates": fx_seed(),
        **segment_seeds(),
        **funnel_seeds(pipelines),
    }


# Histories


@dataclass(frozen=True)
class Written:
    """One stage change as a source writes it, before it has a record."""

    changed_at: datetime
    pipeline: int
    stage: str


def pause(draft: Draft) -> timedelta:
    """Ties, seconds, whole horizons, and the days of real life."""
    if draft.happens(draft.shape.tie):
        return timedelta()
    kind = draft.rng.randint(1, 12)
    if kind == 1:
        return timedelta(seconds=draft.rng.randint(1, 90))
    if kind == 2:
        return timedelta(days=draft.rng.choice([30, 60, 90]))
    if kind == 3:
        return timedelta(days=draft.rng.randint(1, 9))
    return timedelta(seconds=draft.rng.randint(3600, 20 * 86400))


def next_code(draft: Draft, pipeline: int, code: str) -> str | None:
    """Where a journey goes from here; none where it rests."""
    shape, codes = draft.shape, codes_of(pipeline)
    if code == "l" and not draft.happens(shape.reopened):
        return None
    if code in ("w", "x") and not draft.happens(shape.reopened):
        return "x" if code == "w" and draft.happens(0.4) else None
    at = codes.index(code) if code in codes else draft.rng.randint(0, 2)
    draws = {
        "l": shape.lost,
        "w": shape.won,
        codes[min(at + 2, len(codes) - 1)]: shape.skip,
        codes[max(at - draft.rng.randint(1, 3), 0)]: shape.backward,
    }
    for target, likelihood in draws.items():
        if draft.happens(likelihood):
            return target
    return codes[min(at + 1, len(codes) - 1)]


def spelled(draft: Draft, code: str) -> str:
    shape = draft.shape
    if draft.happens(shape.unmapped):
        return draft.rng.choice(["??", "Neu"])
    if draft.happens(shape.ignored):
        return "Junk"
    if draft.happens(shape.same_stage):
        return draft.rng.choice(["A", "A2"])
    if draft.happens(0.1):
        return {"a": "Q", "b": "Q", "c": "Old"}.get(code, code.upper())
    return code.upper()


def first_code(draft: Draft, pipeline: int) -> str:
    if draft.happens(draft.shape.mid_entry):
        return draft.rng.choice([*codes_of(pipeline)[1:], "l"])
    return "a"


def walk(draft: Draft, start: datetime) -> list[Written]:
    """A record's stage changes in the order they happened."""
    pipeline = draft.rng.randint(1, draft.pipelines)
    code: str | None = first_code(draft, pipeline)
    at, found = start, []
    for _ in range(draft.rng.randint(1, draft.shape.max_moves)):
        if code is None:
            break
        found.append(Written(at, pipeline, spelled(draft, code)))
        at += pause(draft)
        if draft.happens(draft.shape.transfer):
            pipeline = pipeline % draft.pipelines + 1
            code = first_code(draft, pipeline)
        else:
            code = next_code(draft, pipeline, code)
    return found


def evidence(draft: Draft) -> tuple[str, bool, bool]:
    """evidence_kind, whether a sequence is stated, whether dates may contradict."""
    if draft.happens(draft.shape.own_dated):
        contradicts = draft.happens(draft.shape.contradictory_dates)
        return ("own_date", contradicts or draft.happens(0.5), contradicts)
    sequenced = draft.happens(draft.shape.sequenced)
    return (draft.rng.choice(["history", "compared"]), sequenced, False)


def contradict(draft: Draft, written: Written) -> Written:
    earlier = timedelta(days=draft.rng.randint(0, 20))
    return replace(written, changed_at=max(START, written.changed_at - earlier))


def add_changes(draft: Draft, record: Row, changes: list[Written]) -> None:
    kind, is_sequenced, contradicts = evidence(draft)
    for number, written in enumerate(changes, start=1):
        if contradicts and draft.happens(0.4):
            written = contradict(draft, written)
        sequence = number if is_sequenced else None
        row = change_row(draft, record, written, kind, sequence)
        draft.stage_changes.append(row)
        if draft.happens(draft.shape.repeated_row):
            later = draft.extract_after(row["known_at"], draft.rng.randint(1, 4))
            draft.stage_changes.append(row | {"known_at": later})


def change_row(
    draft: Draft, record: Row, written: Written, kind: str, sequence: int | None
) -> Row:
    at: datetime | None = written.changed_at
    known_at = draft.known_at(written.changed_at)
    if draft.happens(draft.shape.future_row):
        known_at = draft.extract_after(written.changed_at - timedelta(days=30))
    if draft.happens(draft.shape.timeless_row):
        at = None
    return record | {
        "source_pipeline": f"P{written.pipeline}",
        "source_stage": written.stage,
        "changed_at": at,
        "changed_after": None,
        "source_sequence": sequence,
        "evidence_kind": kind,
        "known_at": known_at,
    }


# Records


def add_lead(draft: Draft, source: str, start: datetime, deal: str | None) -> str:
    draft.lead_number += 1
    lead_id = f"L{draft.lead_number:04d}"
    row = {
        "source_code": source,
        "lead_id": lead_id,
        "contact_id": contact_of(draft, source, start),
        "created_at": start,
        "channel": draft.rng.choice([*CHANNELS, "??", None]),
        "campaign": None,
        "keyword": None,
        "landing_page": None,
        "converted_deal_id": None,
        "converted_at": None,
        "known_at": draft.extract_after(start),
    }
    draft.leads.append(row)
    if deal is not None:
        later = start + timedelta(days=draft.rng.randint(1, 20))
        known_at = draft.extract_after(later, 1)
        converted = {"converted_deal_id": deal, "converted_at": later}
        draft.leads.append(row | converted | {"known_at": known_at})
    if draft.happens(0.9):
        record = {"source_code": source, "deal_id": None, "lead_id": lead_id}
        add_changes(draft, record, walk(draft, start)[:2])
    return lead_id


def contact_of(draft: Draft, source: str, at: datetime) -> str | None:
    """One of few, so that people return; some are merged, some share an email."""
    if draft.happens(0.2):
        return None
    number = draft.rng.randint(1, 15)
    contact_id = f"C{number:02d}"
    if not any(
        row["source_code"] == source and row["contact_id"] == contact_id
        for row in draft.contacts
    ):
        into = f"C{number - 1:02d}" if number % 5 == 0 else None
        draft.contacts.append(
            {
                "source_code": source,
                "contact_id": contact_id,
                "email_hash": f"e{number % 9}" if number % 3 else None,
                "merged_into_contact_id": into,
                "created_at": at,
                "known_at": draft.extracts[0],
            }
        )
    return contact_id


def deal_money(draft: Draft) -> Row:
    return {
        "amount": draft.rng.choice([None, 100.0, 250.0, 999.5, 1200.0]),
        "currency_code": draft.rng.choice(["EUR", "EUR", "USD", "JPY", None]),
        "probability": draft.rng.choice([None, 0.1, 0.5, 0.9]),
        "owner_id": draft.rng.choice(["o1", "o2", None]),
    }


def deal_row(draft: Draft, source: str, start: datetime, lead: str | None) -> Row:
    draft.deal_number += 1
    return {
        "source_code": source,
        "deal_id": f"D{draft.deal_number:04d}",
        "lead_id": lead,
        "contact_id": contact_of(draft, source, start),
        "account_id": None,
        "source_pipeline": "P1",
        "source_stage": "A",
        "created_at": start,
        "expected_close_at": None,
        "closed_at": None,
        "loss_reason": draft.rng.choice([None, "price", "silence"]),
        "product": draft.rng.choice(["tea", "milk", "rice", None]),
        "region": draft.rng.choice(["north", "south", None]),
        "channel": draft.rng.choice([*CHANNELS, "??", None]),
        "is_deleted": False,
        "merged_into_deal_id": None,
        "known_at": draft.extract_after(start),
        **deal_money(draft),
    }


def add_versions(draft: Draft, row: Row) -> None:
    """The record as later extracts show it: changed, deleted, back again."""
    versions = [row]

    def add(**changed: Any) -> None:
        at = draft.extract_after(versions[-1]["known_at"], draft.rng.randint(1, 8))
        if at > versions[-1]["known_at"]:
            versions.append(versions[-1] | changed | {"known_at": at})

    for _ in range(draft.rng.randint(0, 3)):
        add(**deal_money(draft))
    if draft.happens(draft.shape.deleted):
        add(is_deleted=True)
    elif draft.happens(draft.shape.undeleted):
        add(is_deleted=True)
        add(is_deleted=False)
    draft.deals += versions


def add_deal_changes(draft: Draft, row: Row) -> None:
    for name in FIELDS[:4]:
        if not draft.happens(draft.shape.deal_history):
            continue
        at = row["created_at"] + timedelta(days=draft.rng.randint(0, 2))
        for _ in range(draft.rng.randint(1, 4)):
            value = deal_money(draft)[name]
            draft.deal_changes.append(
                {
                    "source_code": row["source_code"],
                    "deal_id": row["deal_id"],
                    "field_code": name,
                    "value": None if value is None else str(value),
                    "changed_at": at,
                    "known_at": draft.known_at(at),
                }
            )
            at += timedelta(seconds=draft.rng.randint(1, 30 * 86400))


def add_deal(draft: Draft, source: str, start: datetime, lead: str | None) -> str:
    row = deal_row(draft, source, start, lead)
    add_versions(draft, row)
    add_deal_changes(draft, row)
    if draft.happens(0.97):
        record = {key: row[key] for key in ("source_code", "deal_id")}
        add_changes(draft, record | {"lead_id": lead}, walk(draft, start))
    return row["deal_id"]


def random_start(draft: Draft) -> datetime:
    seconds = draft.rng.randint(0, draft.shape.days * 86400)
    if draft.happens(0.15):
        seconds -= seconds % 86400
    return START + timedelta(seconds=seconds)


def add_journey(draft: Draft) -> None:
    source, start = draft.rng.choice(SOURCES), random_start(draft)
    later = start + timedelta(days=draft.rng.randint(0, 15))
    if draft.happens(draft.shape.lead_only):
        add_lead(draft, source, start, None)
    elif not draft.happens(draft.shape.converted_lead):
        deal = add_deal(draft, source, start, None)
        draft.lone_deals.append((source, deal))
    elif draft.happens(draft.shape.several_leads):
        deal = add_deal(draft, source, later, None)
        for _ in range(draft.rng.randint(2, 3)):
            add_lead(draft, source, random_near(draft, start), deal)
    else:
        lead = add_lead(draft, source, start, None)
        several = draft.happens(draft.shape.several_deals)
        for _ in range(draft.rng.randint(2, 3) if several else 1):
            add_deal(draft, source, random_near(draft, later), lead)


def random_near(draft: Draft, at: datetime) -> datetime:
    return at + timedelta(seconds=draft.rng.randint(0, 3 * 86400))


def add_merges(draft: Draft) -> None:
    """Deals without leads are merged into others of their source; chains too."""
    for source, deal in draft.lone_deals:
        others = [d for s, d in draft.lone_deals if s == source and d > deal]
        if others and draft.happens(draft.shape.merged):
            versions = [
                row
                for row in draft.deals
                if (row["source_code"], row["deal_id"]) == (source, deal)
            ]
            last = max(versions, key=lambda row: row["known_at"])
            known_at = draft.extract_after(last["known_at"], draft.rng.randint(1, 12))
            merged = {"merged_into_deal_id": draft.rng.choice(others)}
            if known_at > last["known_at"]:
                draft.deals.append(last | merged | {"known_at": known_at})


# Facts


def random_extracts(rng: Random, shape: Shape) -> list[datetime]:
    """Every few days, to a while after as-of."""
    count = (shape.days + 60) // shape.extract_days
    return [
        START + timedelta(days=shape.extract_days * n, seconds=rng.randint(0, 40000))
        for n in range(1, count + 1)
    ]


def random_sources(draft: Draft, as_of: datetime) -> dict[str, Row]:
    found = {}
    for name in SOURCES:
        past = [at for at in draft.extracts if at <= as_of] or [as_of]
        stale = draft.happens(draft.shape.stale_source)
        begun = START + timedelta(days=draft.rng.randint(0, draft.shape.days // 3))
        found[name] = {
            "data_through": past[max(0, len(past) - (5 if stale else 1))],
            "history_from": begun if draft.happens(draft.shape.history_from) else None,
        }
    return found


def build_facts(
    rng: Random, journeys: int = 40, pipelines: int = 2, shape: Shape | None = None
) -> Facts:
    """Facts from any source of randomness, Hypothesis's included."""
    shape = shape or Shape()
    draft = Draft(rng, shape, pipelines, random_extracts(rng, shape))
    for _ in range(journeys):
        add_journey(draft)
    add_merges(draft)
    as_of = START + timedelta(seconds=shape.days * 86400 + rng.randint(0, 2 * 86400))
    facts = Facts(
        stage_changes=draft.stage_changes,
        deals=draft.deals,
        deal_changes=draft.deal_changes,
        leads=draft.leads,
        contacts=draft.contacts,
        as_of=as_of,
        sources=random_sources(draft, as_of),
        timezone=rng.choice(ZONES),
        home_currency=HOME_CURRENCY,
        **seeds(pipelines),
    )
    return without_ambiguity(facts)


def without_ambiguity(facts: Facts) -> Facts:
    """Without changes that only the transition id would put in order."""
    while ambiguous := ambiguous_changes(facts):
        doubtful = [change | {"known_at": None} for change in ambiguous]
        facts.stage_changes = [
            change
            for change in facts.stage_changes
            if change | {"known_at": None} not in doubtful
        ]
    return facts


def random_facts(
    seed: int, journeys: int = 40, pipelines: int = 2, **likelihoods: Any
) -> Facts:
    """The same facts for the same seed; `likelihoods` are fields of Shape."""
    rng = Random(seed)  # noqa: S311
    return build_facts(rng, journeys, pipelines, Shape(**likelihoods))


def facts_strategy(
    max_journeys: int = 6, pipelines: int = 2, shape: Shape | None = None
) -> st.SearchStrategy[Facts]:
    """Facts that Hypothesis can shrink, few journeys at a time."""
    return st.builds(
        build_facts,
        rng=st.randoms(use_true_random=False),
        journeys=st.integers(1, max_journeys),
        pipelines=st.just(pipelines),
        shape=st.just(shape or Shape()),
    )


def fates_strategy(max_size: int = 12) -> st.SearchStrategy[list[tuple[int, str]]]:
    """(days, outcome) pairs for cumulative incidence; `open` is censored."""
    outcomes = st.sampled_from(["converted", "lost", "transferred", "open"])
    pair = st.tuples(st.integers(0, 40), outcomes)
    return st.lists(pair, min_size=1, max_size=max_size)
