"""fct_monthly_throughput: what happened in a month, by stage (section 6)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .facts import (
    Facts,
    Row,
    as_of_day,
    end_of_month,
    local_date,
    month_of,
    next_month,
    previous_month,
    with_totals,
)
from .journeys import Told, tell_all
from .ledger import Move, from_row
from .stays import Stay, moves_before_deletion, stays_of
from .values import home_amount_on

KEYS = ("month", "pipeline_code", "segment_code", "channel_code", "stage_code")
COUNTS = (
    "open_at_start_count",
    "entered_count",
    "advanced_count",
    "won_count",
    "lost_count",
    "left_count",
    "removed_count",
    "open_at_end_count",
)


@dataclass(frozen=True)
class Happening:
    """One count of one month at one stage; `amount` for wins."""

    month: date
    told: Told
    pipeline_code: str
    stage_code: str
    column: str
    amount: float = 0.0


def is_counted_stage(stay: Stay) -> bool:
    return not stay.entered_by.is_lost


def is_win(move: Move) -> bool:
    """Into a won stage, the last mapped stage before not being won."""
    return move.is_won and (move.last_mapped is None or not move.last_mapped.is_won)


def is_advance(facts: Facts, stay: Stay) -> bool:
    """To a later stage of the pipeline, seen from the last mapped one; no win."""
    move = stay.left_by
    if move is None or move.is_lost or move.is_unmapped or move.last_mapped is None:
        return False
    last = move.last_mapped
    if last.is_lost or move.outcome_code != last.outcome_code:
        return False
    if not stay.pipeline_code == last.pipeline_code == move.pipeline_code:
        return False
    return (move.order or 0) > from_row(facts, move, last)["stage_order"]


def months_of_stay(facts: Facts, stay: Stay) -> list[date]:
    last = stay.ended_at or facts.as_of
    month, found = month_of(facts, stay.begun_at), []
    while month <= month_of(facts, last):
        found.append(month)
        month = next_month(month)
    return found


def columns_of_stay(facts: Facts, stay: Stay) -> Iterator[tuple[date, str]]:
    """Each (month, count) that the stay adds one to; wins aside."""
    yield month_of(facts, stay.begun_at), "entered_count"
    for month in months_of_stay(facts, stay):
        if stay.is_open_at(end_of_month(facts, previous_month(month))):
            yield month, "open_at_start_count"
        if stay.is_open_at(end_of_month(facts, month)):
            yield month, "open_at_end_count"
    if stay.ended_at is not None:
        ended = month_of(facts, stay.ended_at)
        yield ended, "removed_count" if stay.is_removed else "left_count"
        if is_advance(facts, stay):
            yield ended, "advanced_count"
        if stay.left_by is not None and stay.left_by.is_lost:
            yield ended, "lost_count"


def winning_stay(stays: list[Stay], move: Move) -> Stay | None:
    """The visit that the win ended, if it has a row of its own to count it."""
    for stay in stays:
        if stay.left_by is move and is_counted_stage(stay):
            return stay if stay.pipeline_code == move.pipeline_code else None
    return None


def wins(facts: Facts, told: Told, stays: list[Stay]) -> Iterator[Happening]:
    for move in moves_before_deletion(told):
        if move.ordered_at is None or not is_win(move):
            continue
        stay = winning_stay(stays, move)
        place = (stay.pipeline_code, stay.stage_code) if stay else move.place
        day = local_date(facts, move.ordered_at)
        amount = home_amount_on(facts, told.history.journey, day) or 0.0
        month = day.replace(day=1)
        yield Happening(month, told, str(place[0]), place[1], "won_count", amount)


def happenings(facts: Facts) -> Iterator[Happening]:
    for told in tell_all(facts):
        if told.history.journey.is_duplicate:
            continue
        stays = stays_of(told)
        yield from wins(facts, told, stays)
        for stay in filter(is_counted_stage, stays):
            for month, column in columns_of_stay(facts, stay):
                place = (stay.pipeline_code, stay.stage_code)
                yield Happening(month, told, *place, column)


def keys_of(happening: Happening) -> list[tuple]:
    told = happening.told
    totals = with_totals(happening.pipeline_code, told.segment_code, told.channel_code)
    return [(happening.month, *group, happening.stage_code) for group in totals]


def throughput_row(key: tuple, found: list[Happening]) -> Row:
    counts = Counter(happening.column for happening in found)
    row = dict(zip(KEYS, key, strict=True)) | {c: counts[c] for c in COUNTS}
    change = row["open_at_end_count"] - row["open_at_start_count"]
    amount = sum(happening.amount for happening in found)
    return row | {"open_change_count": change, "won_amount": amount}


def monthly_throughput(facts: Facts) -> list[Row]:
    groups: dict[tuple, list[Happening]] = {}
    for happening in happenings(facts):
        assert happening.month <= as_of_day(facts), "nothing counts before it happens"
        for key in keys_of(happening):
            groups.setdefault(key, []).append(happening)
    return [throughput_row(key, groups[key]) for key in sorted(groups)]
