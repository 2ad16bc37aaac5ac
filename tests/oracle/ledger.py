"""The ledger of stage transitions (section 2): mapping, order, directions."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from .facts import UNKNOWN, UNMAPPED, Facts, Row, as_of_day, known, local_date
from .records import Journey, journey_by_record, journeys_of
from .registry import (
    alias_on,
    first_stage,
    last_stage,
    pipeline_of_source,
    stage_on,
    stages_on,
)


@dataclass(eq=False)
class Move:
    """One row of the ledger."""

    journey: Journey
    change: Row
    natural_key: tuple[Any, ...]
    day: date
    pipeline_code: str | None
    stage_code: str
    order: int | None
    outcome_code: str | None
    ordered_at: datetime | None
    is_absorbed: bool = False
    previous: "Move | None" = None
    last_mapped: "Move | None" = None
    sequence_number: int | None = None
    direction_code: str | None = None
    skipped_stages_count: int | None = None

    @property
    def changed_at(self) -> datetime | None:
        return self.change["changed_at"]

    @property
    def known_at(self) -> datetime:
        return self.change["known_at"]

    @property
    def transition_id(self) -> str:
        written = "|".join("" if x is None else str(x) for x in self.natural_key)
        digest = hashlib.sha256(written.encode()).hexdigest()
        return self.change.get("transition_id") or digest

    @property
    def is_unmapped(self) -> bool:
        return self.stage_code == UNMAPPED

    @property
    def is_won(self) -> bool:
        return self.outcome_code == "won"

    @property
    def is_lost(self) -> bool:
        return self.outcome_code == "lost"

    @property
    def is_in_future(self) -> bool:
        return self.changed_at is not None and self.changed_at > self.known_at

    @property
    def place(self) -> tuple[str | None, str]:
        return (self.pipeline_code, self.stage_code)


def natural_key(change: Row) -> tuple[Any, ...]:
    """Section 2.2: the same fact whichever file brings it."""
    kind = "deal" if change["deal_id"] is not None else "lead"
    return (
        change["source_code"],
        kind,
        change[f"{kind}_id"],
        change["source_pipeline"],
        change["source_stage"],
        change["changed_at"],
        change["source_sequence"],
    )


def first_known_changes(facts: Facts) -> list[Row]:
    """Section 2.7: of the rows of one fact, the one of the first extract."""
    found: dict[tuple[Any, ...], Row] = {}
    for change in sorted(
        known(facts, facts.stage_changes), key=lambda c: c["known_at"]
    ):
        found.setdefault(natural_key(change), change)
    return list(found.values())


def to_move(facts: Facts, journey: Journey, change: Row) -> Move | None:
    """The change as the registry on its own day reads it; none if ignored."""
    at = change["changed_at"]
    day = as_of_day(facts) if at is None else local_date(facts, at)
    alias = alias_on(facts, change, day)
    if alias is not None and alias.get("is_ignored"):
        return None
    pipeline, code, stage = pipeline_of_source(facts, change), UNMAPPED, None
    if alias is not None:
        stage = stage_on(facts, alias["pipeline_code"], alias["stage_code"], day)
    if alias is not None and stage is not None:
        pipeline, code = alias["pipeline_code"], alias["stage_code"]
    order = stage["stage_order"] if stage else None
    outcome = stage["outcome_code"] if stage else None
    key = natural_key(change)
    return Move(journey, change, key, day, pipeline, code, order, outcome, at)


def is_passed(facts: Facts, move: Move) -> bool:
    """Section 1: out of counts until as-of passes it."""
    return move.changed_at is None or move.changed_at <= facts.as_of


def set_ordered_at(moves: list[Move]) -> None:
    """Own dates of one record follow its stated sequence: a running maximum.

    A deal's row that names its lead is one record with it.
    """
    records = {move.change["lead_id"] or move.change["deal_id"] for move in moves}
    for record in sorted(records):
        dated = [
            move
            for move in moves
            if (move.change["lead_id"] or move.change["deal_id"]) == record
            and move.change["evidence_kind"] == "own_date"
            and move.change["source_sequence"] is not None
            and move.changed_at is not None
        ]
        dated.sort(key=lambda m: (m.change["source_sequence"], m.changed_at))
        latest = datetime.min
        for move in dated:
            latest = max(latest, move.changed_at or latest)
            move.ordered_at = latest


def rank(move: Move) -> tuple[int, int]:
    """Section 2.1: in place of the stage order, lost last, unmapped before it."""
    if move.is_lost:
        return (2, 0)
    if move.is_unmapped:
        return (1, 0)
    return (0, move.order or 0)


def order_key(move: Move) -> tuple[Any, ...]:
    """Without the transition id: what orders a journey by meaning."""
    at, sequence = move.ordered_at, move.change["source_sequence"]
    return (
        at is not None,
        at or datetime.min,
        sequence is not None,
        0 if sequence is None else sequence,
        rank(move),
    )


def in_order(moves: list[Move]) -> list[Move]:
    set_ordered_at(moves)
    return sorted(moves, key=lambda move: (order_key(move), move.transition_id))


def first_time(moves: list[Move]) -> datetime | None:
    """When a journey was entered: its first transition that has a time."""
    for move in moves:
        if move.changed_at is not None:
            return move.changed_at
    return None


def mark_absorbed(journey: Journey, moves: list[Move]) -> None:
    """Section 2.11: after the survivor's entry and before the merge."""
    own = [m for m in moves if m.change["deal_id"] not in journey.absorbed]
    entry = first_time(in_order(own))
    for move in moves:
        merged_at = journey.absorbed.get(move.change["deal_id"])
        if merged_at and entry and move.changed_at:
            move.is_absorbed = entry < move.changed_at < merged_at


def fill_pipelines(moves: list[Move]) -> None:
    """An unmapped stage of no known pipeline stays where the journey was."""
    current = UNKNOWN
    for move in moves:
        move.pipeline_code = move.pipeline_code or current
        current = move.pipeline_code


def from_row(facts: Facts, move: Move, last: Move) -> Row:
    """The last mapped stage by the registry on the day of this move."""
    pipeline, stage = str(last.pipeline_code), last.stage_code
    row = last_stage(facts, pipeline, stage, move.day)
    return row or first_stage(facts, pipeline, stage)


def skipped_stages(facts: Facts, move: Move) -> int:
    last = move.last_mapped
    if last is None or move.is_unmapped or move.is_lost or last.is_lost:
        return 0
    if last.pipeline_code != move.pipeline_code:
        return 0
    low, high = from_row(facts, move, last)["stage_order"], move.order or 0
    return sum(
        low < row["stage_order"] < high
        for row in stages_on(facts, str(move.pipeline_code), move.day)
        if row["outcome_code"] != "lost"
    )


def direction(facts: Facts, move: Move) -> str:
    """Section 2.3: the first that applies, against the last mapped stage."""
    last = move.last_mapped
    if move.previous is None:
        return "entry"
    if last is None:
        return "unmapped" if move.is_unmapped else "entry"
    if move.pipeline_code != last.pipeline_code:
        return "transfer"
    if move.is_unmapped:
        return "unmapped"
    return direction_in_pipeline(facts, move, from_row(facts, move, last))


def direction_in_pipeline(facts: Facts, move: Move, left: Row) -> str:
    if move.is_lost:
        return "lost"
    if left["outcome_code"] != "open" and not move.is_won:
        return "reopen"
    if left["outcome_code"] != "won" and move.is_won:
        return "won"
    if (move.order or 0) < left["stage_order"]:
        return "backward"
    return "skip" if skipped_stages(facts, move) > 0 else "forward"


def link(facts: Facts, moves: list[Move]) -> None:
    """What each counted move came from, and what it therefore is."""
    previous = last_mapped = None
    for number, move in enumerate(moves, start=1):
        move.sequence_number = number
        move.previous, move.last_mapped = previous, last_mapped
        move.direction_code = direction(facts, move)
        move.skipped_stages_count = skipped_stages(facts, move)
        previous = move
        last_mapped = last_mapped if move.is_unmapped else move


@dataclass(eq=False)
class History:
    """A journey with its counted moves in order, and the moves set aside."""

    journey: Journey
    moves: list[Move]
    set_aside: list[Move]


def history(facts: Facts, journey: Journey, moves: list[Move]) -> History:
    passed = [move for move in moves if is_passed(facts, move)]
    mark_absorbed(journey, passed)
    counted = in_order([move for move in passed if not move.is_absorbed])
    fill_pipelines(counted)
    link(facts, counted)
    set_aside = [move for move in moves if move not in counted]
    for move in set_aside:
        move.pipeline_code = move.pipeline_code or UNKNOWN
    return History(journey, counted, set_aside)


def histories(facts: Facts) -> list[History]:
    made = journeys_of(facts)
    owner = journey_by_record(made)
    moves: dict[str, list[Move]] = {journey.journey_id: [] for journey in made}
    for change in first_known_changes(facts):
        journey = owner[natural_key(change)[:3]]
        move = to_move(facts, journey, change)
        if move is not None:
            moves[journey.journey_id].append(move)
    return [history(facts, journey, moves[journey.journey_id]) for journey in made]


def seconds_in_from_stage(move: Move) -> float | None:
    """Section 2.6: never clipped; negative where own dates contradict."""
    if move.previous is None or move.changed_at is None:
        return None
    if move.previous.changed_at is None:
        return None
    return (move.changed_at - move.previous.changed_at).total_seconds()


def transition_row(move: Move) -> Row:
    columns = ("source_code", "record_kind", "record_id")
    named = dict(zip(columns, move.natural_key[:3], strict=True))
    return named | {
        "transition_id": move.transition_id,
        "journey_id": move.journey.journey_id,
        "deal_id": move.change["deal_id"],
        "lead_id": move.change["lead_id"],
        "source_pipeline": move.change["source_pipeline"],
        "source_stage": move.change["source_stage"],
        "source_sequence": move.change["source_sequence"],
        "pipeline_code": move.pipeline_code,
        "from_stage_code": move.previous.stage_code if move.previous else None,
        "to_stage_code": move.stage_code,
        "direction_code": move.direction_code,
        "skipped_stages_count": move.skipped_stages_count,
        "changed_at": move.changed_at,
        "changed_after": move.change.get("changed_after"),
        "known_at": move.known_at,
        "sequence_number": move.sequence_number,
        "seconds_in_from_stage": seconds_in_from_stage(move),
        "evidence_kind": move.change["evidence_kind"],
        "is_unmapped": move.is_unmapped,
        "is_absorbed": move.is_absorbed,
        "is_in_future": move.is_in_future,
        "is_deleted": move.journey.deleted_at is not None,
    }


def transitions(facts: Facts) -> list[Row]:
    """fct_stage_transitions, with the natural key beside the id."""
    return [
        transition_row(move)
        for found in histories(facts)
        for move in found.moves + found.set_aside
    ]


def ambiguous_changes(facts: Facts) -> list[Row]:
    """Changes whose order only the transition id decides, and to whose harm."""
    found = []
    for each in histories(facts):
        for one, other in pairwise(each.moves):
            if order_key(one) == order_key(other) and one.place != other.place:
                found.append(other.change)
    return found
