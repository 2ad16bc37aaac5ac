"""Attempts at an event funnel by trying every way to fill its steps (section 5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

ORDERED, STRICT, UNORDERED = "ordered", "strict", "unordered"


@dataclass(frozen=True)
class Act:
    """What a funnel sees of an event: the steps it can fill, counted from 1."""

    at: datetime
    event_id: str
    fills: frozenset[int] = frozenset()
    excluded_by: frozenset[int] = frozenset()
    is_streamed: bool = True


@dataclass(frozen=True)
class Rules:
    """A funnel; `exclusions` are (from step, to step), named by their place."""

    mode: str
    steps_count: int
    window: timedelta
    exclusions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Attempt:
    """The times of its filled steps; of its positions where unordered."""

    times: tuple[datetime, ...]
    is_void: bool

    @property
    def entered_at(self) -> datetime:
        return self.times[0]

    @property
    def completed_at(self) -> datetime:
        return self.times[-1]

    @property
    def level(self) -> int:
        return len(self.times)


def in_window(acts: list[Act], rules: Rules, entry: datetime) -> list[Act]:
    """Inclusive at both ends (5.3)."""
    return [act for act in acts if entry <= act.at <= entry + rules.window]


def fillings(acts: list[Act], filled: tuple[Act, ...]) -> Iterator[tuple[Act, ...]]:
    """Every way to go on: one event fills one step, ties go either way (5.1, 5.2)."""
    yield filled
    for act in acts:
        is_next = len(filled) + 1 in act.fills and act not in filled
        if is_next and act.at >= filled[-1].at:
            yield from fillings(acts, (*filled, act))


def times_of(filled: tuple[Act, ...]) -> tuple[datetime, ...]:
    return tuple(act.at for act in filled)


def ways(acts: list[Act], rules: Rules, entry: datetime) -> set[tuple[datetime, ...]]:
    """The times of every filling of the first steps that begins at the instant."""
    seen = in_window(acts, rules, entry)
    first = [act for act in seen if act.at == entry and 1 in act.fills]
    return {times_of(filled) for act in first for filled in fillings(seen, (act,))}


def is_unbroken(acts: list[Act], times: tuple[datetime, ...]) -> bool:
    """Section 5.7: no other event of the streams strictly between two steps."""
    pairs = list(pairwise(times))
    return not any(
        before < act.at < after
        for act in acts
        if act.is_streamed
        for before, after in pairs
    )


def is_void(acts: list[Act], rules: Rules, times: tuple[datetime, ...]) -> bool:
    """Section 5.6: an excluded event strictly between its two steps' times.

    Where the second is not reached, to the end of the window.
    """
    end = times[0] + rules.window
    for number, (first, last) in enumerate(rules.exclusions):
        if first > len(times):
            continue
        excluded = [act.at for act in acts if number in act.excluded_by]
        if last <= len(times):
            found = [at for at in excluded if times[first - 1] < at < times[last - 1]]
        else:
            found = [at for at in excluded if times[first - 1] < at <= end]
        if found:
            return True
    return False


def ordered_attempts(acts: list[Act], rules: Rules) -> Iterator[Attempt]:
    """One an entry instant: as far as it goes, every step as early as it can be."""
    for entry in sorted({act.at for act in acts if 1 in act.fills}):
        found = ways(acts, rules, entry)
        level = max(len(times) for times in found)
        times = min(times for times in found if len(times) == level)
        yield Attempt(times, is_void(acts, rules, times))


def strict_attempts(acts: list[Act], rules: Rules) -> Iterator[Attempt]:
    """Every unbroken way is an attempt of its own."""
    for entry in sorted({act.at for act in acts if 1 in act.fills}):
        for times in sorted(ways(acts, rules, entry)):
            if is_unbroken(acts, times):
                yield Attempt(times, is_void(acts, rules, times))


def most_filled(acts: list[Act], steps_count: int) -> int:
    """How many steps distinct events can fill, by Hall's theorem: try every subset."""
    least = steps_count
    for size in range(1, steps_count + 1):
        for steps in combinations(range(1, steps_count + 1), size):
            able = sum(not act.fills.isdisjoint(steps) for act in acts)
            least = min(least, steps_count - size + able)
    return least


def unordered_attempts(acts: list[Act], rules: Rules) -> Iterator[Attempt]:
    """An attempt starts wherever any step can be filled (5.7)."""
    for entry in sorted({act.at for act in acts if act.fills}):
        seen = in_window(acts, rules, entry)
        times: list[datetime] = []
        for at in sorted({act.at for act in seen}):
            so_far = [act for act in seen if act.at <= at]
            level = most_filled(so_far, rules.steps_count)
            times += [at] * (level - len(times))
        yield Attempt(tuple(times), is_void(acts, rules, tuple(times)))


def attempts(acts: list[Act], rules: Rules) -> list[Attempt]:
    by_mode = {
        ORDERED: ordered_attempts,
        STRICT: strict_attempts,
        UNORDERED: unordered_attempts,
    }
    return list(by_mode[rules.mode](acts, rules))


def merit(attempt: Attempt) -> tuple[Any, ...]:
    """Sections 5.4 and 5.6: furthest, clean, earliest done, latest entered."""
    earliness = [datetime.max - at for at in attempt.times]
    entry = attempt.entered_at
    return (attempt.level, not attempt.is_void, earliness[-1], entry, earliness)


def best(found: list[Attempt]) -> Attempt | None:
    return max(found, key=merit, default=None)


def step_times(acts: list[Act], rules: Rules, attempt: Attempt) -> dict[int, datetime]:
    """When each step was filled; unordered: when it first could have been."""
    if rules.mode != UNORDERED:
        return dict(enumerate(attempt.times, start=1))
    span = [a for a in acts if attempt.entered_at <= a.at <= attempt.completed_at]
    found: dict[int, datetime] = {}
    for act in sorted(span, key=lambda act: act.at):
        for step in act.fills:
            found.setdefault(step, act.at)
    return found
