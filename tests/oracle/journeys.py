"""Journeys: what they are at as-of, their segment, their steps."""

import operator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from .events import Event, Span, tell_events
from .facts import (
    ALL,
    UNKNOWN,
    Facts,
    Row,
    as_of_day,
    local_date,
    month_of,
)
from .identity import People, people_of
from .ledger import History, Move, first_time, histories
from .registry import Step, channel_code, steps_of_pipeline
from .values import home_rate, last_instant, value_at

OTHER = "other"
ENDED_BEFORE_LANDMARK = "ended_before_landmark"
NUMERIC = {"ge": operator.ge, "le": operator.le}


@dataclass(eq=False)
class Told:
    """A journey's history with the attributes that marts group it by."""

    history: History
    person_id: str | None
    segment_code: str
    channel_code: str
    entered_at: datetime | None
    cohort_month: date | None
    history_from: datetime | None
    observed_until: datetime
    events: list[Event] = field(default_factory=list)
    customer_events: list[Event] = field(default_factory=list)
    landmark_at: datetime | None = None

    @property
    def moves(self) -> list[Move]:
        return self.history.moves

    @property
    def journey_id(self) -> str:
        return self.history.journey.journey_id

    @property
    def is_set_aside(self) -> bool:
        """Sections 2.10 and 2.12: duplicates and deletions, in no count."""
        journey = self.history.journey
        return journey.is_duplicate or journey.deleted_at is not None


def features(facts: Facts, told: Told) -> Row:
    """What segment rules may ask of a journey, events aside."""
    journey, first = told.history.journey, told.moves[0] if told.moves else None
    values = {
        "channel": told.channel_code,
        "product": journey.deal.get("product") or UNKNOWN,
        "region": journey.deal.get("region") or UNKNOWN,
        "entry_stage": first.stage_code if first else None,
        "entry_pipeline": first.pipeline_code if first else None,
        "pipeline": first.pipeline_code if first else None,
    }
    return values | {f"{name}_code": value for name, value in values.items()}


def event_counts(facts: Facts, told: Told, segment: Row) -> Row:
    """`<event_code>_count`: the customer's events up to the segment's landmark."""
    counts = {f"{row['event_code']}_count": 0 for row in facts.event_aliases}
    if told.entered_at is None:
        return counts
    landmark = told.entered_at + landmark_of(segment)
    for event in told.customer_events:
        counts[f"{event.event_code}_count"] += event.at <= landmark
    return counts


def raw_channel_code(facts: Facts, found: History) -> str:
    """The lead's channel came first; the deal's where the lead has none."""
    lead, deal = found.journey.lead, found.journey.deal
    return channel_code(facts, lead.get("channel") or deal.get("channel"))


def rule_holds(rule: Row, value: Any) -> bool:
    wanted = rule["value"].split("|")
    if rule["operator_code"] in NUMERIC:
        return value is not None and bool(
            NUMERIC[rule["operator_code"]](value, float(rule["value"]))
        )
    holds = {
        "eq": value == rule["value"],
        "ne": value != rule["value"],
        "in": value in wanted,
        "not_in": value not in wanted,
    }
    return holds[rule["operator_code"]]


def segment_holds(facts: Facts, segment: str, values: Row) -> bool:
    rules = [row for row in facts.segment_rules if row["segment_code"] == segment]
    groups = {row["group_number"] for row in rules}
    return any(
        all(
            rule_holds(rule, values[rule["feature_code"]])
            for rule in rules
            if rule["group_number"] == group
        )
        for group in groups
    )


def landmark_of(segment: Row) -> timedelta:
    return timedelta(days=segment.get("landmark_days") or 0)


def place_in_segment(facts: Facts, told: Told) -> None:
    """Section 7: who ended before the landmark of their segment stands apart."""
    told.segment_code = segment_of(facts, told)
    rows = {row["segment_code"]: row for row in facts.segments}
    landmark = landmark_of(rows.get(told.segment_code, {}))
    if not landmark or told.entered_at is None:
        return
    told.landmark_at = told.entered_at + landmark
    ended_at = span_of(told).ended_at
    if ended_at is not None and ended_at < told.landmark_at:
        told.segment_code = ENDED_BEFORE_LANDMARK


def segment_of(facts: Facts, told: Told) -> str:
    """Section 10, segment_rules: lowest priority number wins, else `other`."""
    values = features(facts, told)
    ranked = sorted(facts.segments, key=operator.itemgetter("priority", "segment_code"))
    for row in ranked:
        asked = values | event_counts(facts, told, row)
        if segment_holds(facts, row["segment_code"], asked):
            return str(row["segment_code"])
    return OTHER


def person_of(found: History, people: People) -> str | None:
    deal, lead = found.journey.deal, found.journey.lead
    contact = deal.get("contact_id") or lead.get("contact_id")
    if contact is None:
        return None
    return people.of_contact((found.journey.source_code, contact))


def tell(facts: Facts, found: History, people: People) -> Told:
    """All but the segment, which may ask for events."""
    source = facts.sources.get(found.journey.source_code, {})
    entered_at = first_time(found.moves)
    return Told(
        history=found,
        person_id=person_of(found, people),
        segment_code=OTHER,
        channel_code=raw_channel_code(facts, found),
        entered_at=entered_at,
        cohort_month=month_of(facts, entered_at) if entered_at else None,
        history_from=source.get("history_from"),
        observed_until=observed_until(facts, found.journey.source_code),
    )


def observed_until(facts: Facts, source_code: str) -> datetime:
    source = facts.sources.get(source_code, {})
    return min(facts.as_of, source.get("data_through") or facts.as_of)


def records_of(told: Told) -> frozenset[tuple[str, str, str]]:
    """The deals and the lead that a row of another object may name."""
    journey = told.history.journey
    deals = {journey.deal_id, *journey.absorbed} - {None}
    found = {(journey.source_code, "deal", str(deal)) for deal in deals}
    if journey.lead_id is not None:
        found.add((journey.source_code, "lead", journey.lead_id))
    return frozenset(found)


def span_of(told: Told) -> Span:
    closed = outcome_move(told)
    is_closed = closed is not None and closed.outcome_code != "open"
    return Span(
        journey_id=told.journey_id,
        person_id=told.person_id,
        records=records_of(told),
        entered_at=told.entered_at,
        ended_at=closed.changed_at if closed is not None and is_closed else None,
        is_set_aside=told.is_set_aside,
    )


@dataclass(frozen=True)
class World:
    """Everything told, each event under its journey too."""

    journeys: list[Told]
    events: list[Event]


def is_by_customer(told: Told, event: Event) -> bool:
    """An action of the customer's own, in whichever journey of the person's."""
    if event.alias is None or event.alias["actor_code"] != "customer":
        return False
    is_of_person = told.person_id is not None and event.person_id == told.person_id
    return is_of_person or event.journey_id == told.journey_id


def tell_world(facts: Facts) -> World:
    people = people_of(facts)
    everyone = [tell(facts, found, people) for found in histories(facts)]
    events = tell_events(facts, people, [span_of(told) for told in everyone])
    coded = [event for event in events if event.event_code is not None]
    for told in everyone:
        told.events = [e for e in coded if e.journey_id == told.journey_id]
        told.customer_events = [e for e in coded if is_by_customer(told, e)]
        place_in_segment(facts, told)
    return World(everyone, events)


def tell_all(facts: Facts) -> list[Told]:
    return tell_world(facts).journeys


def tell_counted(facts: Facts) -> list[Told]:
    return [told for told in tell_all(facts) if not told.is_set_aside]


def outcome_move(told: Told) -> Move | None:
    """The move that began the unbroken run of the present outcome."""
    mapped = [move for move in told.moves if not move.is_unmapped]
    found = None
    for move in reversed(mapped):
        if move.outcome_code != mapped[-1].outcome_code:
            break
        found = move
    return found


def furthest_stage(facts: Facts, told: Told) -> str | None:
    """Of the current pipeline, by its order at as-of; a loss is not a step."""
    if not told.moves:
        return None
    current = told.moves[-1].pipeline_code
    visited = {move.stage_code for move in told.moves if move.pipeline_code == current}
    steps = [s for s in steps_at(facts, current) if s.stage_code in visited]
    return steps[-1].stage_code if steps else None


def steps_at(facts: Facts, pipeline: str | None) -> list[Step]:
    return steps_of_pipeline(facts, pipeline) if pipeline else []


def money(facts: Facts, told: Told, closed: Move | None) -> Row:
    """Section 7: won and lost at the outcome's day, open at as-of."""
    at, day = facts.as_of, as_of_day(facts)
    if closed is not None and closed.changed_at is not None:
        day = local_date(facts, closed.changed_at)
        at = last_instant(facts, day)
    amount = value_at(facts, told.history.journey, "amount", at)
    currency = value_at(facts, told.history.journey, "currency_code", at)
    unknown_day = closed is not None and closed.changed_at is None
    rate = home_rate(facts, currency, None if unknown_day else day)
    lacking = amount is None or rate is None
    home = None if lacking else amount * rate
    return {"amount": amount, "currency_code": currency, "home_amount": home}


def owner(facts: Facts, told: Told, closed: Move | None) -> str | None:
    at = facts.as_of
    if closed is not None and closed.changed_at is not None:
        at = closed.changed_at
    return value_at(facts, told.history.journey, "owner_id", at)


def is_returning(told: Told, everyone: list[Told]) -> bool:
    return any(
        other.person_id == told.person_id
        and not other.is_set_aside
        and other.entered_at < told.entered_at
        for other in everyone
        if other is not told and other.entered_at and told.entered_at and told.person_id
    )


def observed_from(told: Told) -> datetime | None:
    times = [at for at in (told.entered_at, told.history_from) if at is not None]
    return max(times) if times else None


def keys(told: Told) -> Row:
    journey = told.history.journey
    return {
        "journey_id": journey.journey_id,
        "deal_id": journey.deal_id,
        "lead_id": journey.lead_id,
        "person_id": told.person_id,
        "account_id": journey.deal.get("account_id"),
        "prior_journey_id": journey.prior_journey_id,
        "source_code": journey.source_code,
        "is_duplicate": journey.is_duplicate,
        "is_deleted": journey.deleted_at is not None,
    }


def path(facts: Facts, told: Told) -> Row:
    first = told.moves[0] if told.moves else None
    last = told.moves[-1] if told.moves else None
    return {
        "entry_pipeline_code": first.pipeline_code if first else None,
        "pipeline_code": last.pipeline_code if last else None,
        "entered_at": told.entered_at,
        "cohort_month": told.cohort_month,
        "observed_from": observed_from(told),
        "observed_until": told.observed_until,
        "entry_stage_code": first.stage_code if first else None,
        "furthest_stage_code": furthest_stage(facts, told),
        "current_stage_code": last.stage_code if last else None,
    }


def outcome(facts: Facts, told: Told) -> Row:
    move = outcome_move(told)
    closed = move if move is not None and move.outcome_code != "open" else None
    is_lost = closed is not None and closed.is_lost
    reason = told.history.journey.deal.get("loss_reason") or UNKNOWN
    return {
        "outcome_code": closed.outcome_code if closed else "open",
        "outcome_at": closed.changed_at if closed else None,
        "loss_reason_code": reason if is_lost else None,
        "owner_id": owner(facts, told, closed),
        **money(facts, told, closed),
    }


def journeys(facts: Facts) -> list[Row]:
    """fct_journeys, with deal_id and lead_id beside the id."""
    everyone = tell_all(facts)
    return [
        keys(told)
        | path(facts, told)
        | outcome(facts, told)
        | {
            "segment_code": told.segment_code,
            "channel_code": told.channel_code,
            "region_code": told.history.journey.deal.get("region") or UNKNOWN,
            "product_code": told.history.journey.deal.get("product") or UNKNOWN,
            "is_returning": is_returning(told, everyone),
        }
        for told in everyone
    ]


@dataclass(frozen=True)
class Hit:
    """An entry to the step at this position, counted from 0 (section 4)."""

    position: int
    at: datetime | None


def in_order_count(hits: list[Hit]) -> int:
    """How many first steps the hits hold as a subsequence."""
    matched = 0
    for hit in hits:
        if hit.position == matched:
            matched += 1
    return matched


def reach(hits: list[Hit], position: int) -> str | None:
    """touched, by skip, by entry: one of the three, or not reached (section 4)."""
    if any(hit.position == position for hit in hits):
        return "touched"
    if not any(hit.position > position for hit in hits):
        return None
    return "by_entry" if hits[0].position > position else "by_skip"


def first_reached_at(hits: list[Hit], position: int) -> datetime | None:
    for hit in hits:
        if hit.position >= position:
            return hit.at
    return None


def seconds_to_reach(told: Told, hits: list[Hit], position: int) -> float | None:
    at = first_reached_at(hits, position)
    if at is None or told.entered_at is None:
        return None
    return (at - told.entered_at).total_seconds()


def pipeline_hits(told: Told, pipeline: str, steps: list[Step]) -> list[Hit]:
    codes = [step.stage_code for step in steps]
    return [
        Hit(codes.index(move.stage_code), move.changed_at)
        for move in told.moves
        if move.pipeline_code == pipeline and move.stage_code in codes
    ]


def step_rows(facts: Facts, told: Told, pipeline: str) -> list[Row]:
    steps = steps_of_pipeline(facts, pipeline)
    hits = pipeline_hits(told, pipeline, steps)
    return [
        {
            "journey_id": told.journey_id,
            "deal_id": told.history.journey.deal_id,
            "lead_id": told.history.journey.lead_id,
            "pipeline_code": pipeline,
            "stage_code": step.stage_code,
            "is_touched": reach(hits, position) == "touched",
            "is_reached": reach(hits, position) is not None,
            "is_in_order": in_order_count(hits) > position,
            "first_reached_at": first_reached_at(hits, position),
            "seconds_to_reach": seconds_to_reach(told, hits, position),
        }
        for position, step in enumerate(steps)
    ]


def journey_steps(facts: Facts) -> list[Row]:
    """fct_journey_steps: every stage of every pipeline the journey was in."""
    return [
        row
        for told in tell_counted(facts)
        for pipeline in sorted({str(move.pipeline_code) for move in told.moves} - {ALL})
        for row in step_rows(facts, told, pipeline)
    ]
