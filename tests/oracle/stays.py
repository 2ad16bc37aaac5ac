"""Stays at a stage, told apart by (pipeline, stage): daily and monthly stocks."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from .facts import Facts
from .journeys import Told, tell_all
from .ledger import Move


@dataclass(eq=False)
class Stay:
    """A visit of one (pipeline, stage); `left_by` is null while it lasts."""

    told: Told
    entered_by: Move
    begun_at: datetime
    left_by: Move | None = None
    ended_at: datetime | None = None
    is_removed: bool = False

    @property
    def pipeline_code(self) -> str:
        return str(self.entered_by.pipeline_code)

    @property
    def stage_code(self) -> str:
        return self.entered_by.stage_code

    @property
    def is_open_stage(self) -> bool:
        return self.entered_by.is_unmapped or self.entered_by.outcome_code == "open"

    def is_open_at(self, at: datetime) -> bool:
        """Still there just before `at`, the first instant after a day or month."""
        return self.begun_at < at and (self.ended_at is None or self.ended_at >= at)


def moves_before_deletion(told: Told) -> list[Move]:
    deleted_at = told.history.journey.deleted_at
    if deleted_at is None:
        return told.moves
    return [m for m in told.moves if m.ordered_at is None or m.ordered_at <= deleted_at]


def runs(moves: list[Move]) -> list[list[Move]]:
    """Consecutive moves to one place are one stay."""
    found: list[list[Move]] = []
    for move in moves:
        if found and found[-1][-1].place == move.place:
            found[-1].append(move)
        else:
            found.append([move])
    return found


def begun(run: list[Move]) -> datetime | None:
    times = [move.ordered_at for move in run if move.ordered_at is not None]
    return times[0] if times else None


def stays_of(told: Told) -> list[Stay]:
    """Stays that have a time; the last of a deleted journey ends by removal."""
    found = runs(moves_before_deletion(told))
    stays = []
    for run, following in zip_longest(found, found[1:]):
        begun_at = begun(run)
        if begun_at is None:
            continue
        stay = Stay(told, run[0], begun_at)
        if following is not None:
            stay.left_by, stay.ended_at = following[0], begun(following)
        elif told.history.journey.deleted_at is not None:
            stay.is_removed, stay.ended_at = True, told.history.journey.deleted_at
        stays.append(stay)
    return stays


def all_stays(facts: Facts) -> list[Stay]:
    """Of deleted journeys too, on the days before (2.12); duplicates of none."""
    return [
        stay
        for told in tell_all(facts)
        if not told.history.journey.is_duplicate
        for stay in stays_of(told)
    ]
