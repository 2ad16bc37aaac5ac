"""Cumulative incidence, intervals and tests of section 6, in exact fractions."""

import math
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from statistics import NormalDist

Z = 1.96  # as section 6 writes it
WILSON_Z = NormalDist().inv_cdf(0.975)
FALSE_DISCOVERY_RATE = 0.05
SMALLEST_CELL = 5


@dataclass(frozen=True)
class Fate:
    """One journey's clock: what ended it, when, and while it was watched.

    `delay` is null for a journey watched from the clock's start on.
    """

    kind: str | None  # converted, lost, transferred; none if neither happened
    after: timedelta | None
    watched_for: timedelta
    delay: timedelta | None = None

    @property
    def seen_kind(self) -> str | None:
        """What happened while the journey was watched."""
        if self.after is None or self.after > self.watched_for:
            return None
        return self.kind

    @property
    def ended_after(self) -> timedelta:
        if self.after is None:
            return self.watched_for
        return min(self.after, self.watched_for)

    def is_at_risk(self, t: timedelta) -> bool:
        """Events precede censorings at equal times; delayed entry is strict."""
        is_watched = self.delay is None or self.delay < t
        return is_watched and self.ended_after >= t

    def status_at(self, horizon: timedelta) -> str:
        if self.seen_kind is None or self.ended_after > horizon:
            return "open"
        return self.seen_kind


@dataclass(frozen=True)
class Jump:
    """One event time: at risk, converted, ended any way, S(t-), F(t)."""

    n: int
    d_conv: int
    d_all: int
    survival_before: Fraction
    incidence: Fraction


def event_times(fates: list[Fate], horizon: timedelta) -> list[timedelta]:
    times = {f.ended_after for f in fates if f.seen_kind and f.ended_after <= horizon}
    return sorted(times)


def jumps(fates: list[Fate], horizon: timedelta) -> list[Jump]:
    """F += S(t-) d_conv / n, S *= 1 - d_all / n."""
    found = []
    survival, incidence = Fraction(1), Fraction(0)
    for t in event_times(fates, horizon):
        at_risk = [fate for fate in fates if fate.is_at_risk(t)]
        ended = [f for f in at_risk if f.seen_kind and f.ended_after == t]
        d_conv = sum(fate.seen_kind == "converted" for fate in ended)
        if not ended:
            continue
        incidence += survival * Fraction(d_conv, len(at_risk))
        found.append(Jump(len(at_risk), d_conv, len(ended), survival, incidence))
        survival *= 1 - Fraction(len(ended), len(at_risk))
    return found


def variance(found: list[Jump]) -> Fraction:
    """The delta method of section 6, with 0/0 = 0."""
    last = found[-1].incidence
    total = Fraction(0)
    for j in found:
        rest, before = last - j.incidence, j.survival_before
        if j.n != j.d_all:
            total += rest**2 * Fraction(j.d_all, j.n * (j.n - j.d_all))
        total += before**2 * Fraction((j.n - j.d_conv) * j.d_conv, j.n**3)
        total -= 2 * rest * before * Fraction(j.d_conv, j.n**2)
    return total


Interval = tuple[float | None, float | None]


def incidence_interval(incidence: Fraction, variance_: Fraction) -> Interval:
    """F ** exp(+-1.96 se / (F ln F)); none at F = 0 or 1."""
    if incidence in (0, 1):
        return (None, None)
    f = float(incidence)
    width = Z * math.sqrt(max(variance_, Fraction(0))) / (f * math.log(f))
    low, high = sorted([f ** math.exp(width), f ** math.exp(-width)])
    return (low, high)


def at_risk_count(fates: list[Fate], horizon: timedelta) -> int:
    return sum(fate.is_at_risk(horizon) for fate in fates)


def cumulative_incidence(
    fates: list[Fate], horizon: timedelta
) -> tuple[float | None, float | None, float | None]:
    """Value, low, high; all null where S > 0 and nobody is followed to h."""
    found = jumps(fates, horizon)
    survival = Fraction(1)
    for j in found:
        survival *= 1 - Fraction(j.d_all, j.n)
    if survival > 0 and at_risk_count(fates, horizon) == 0:
        return (None, None, None)
    if not found:
        return (0.0, None, None)
    incidence = found[-1].incidence
    return (float(incidence), *incidence_interval(incidence, variance(found)))


def wilson(successes: int, trials: int) -> tuple[float, float]:
    rate = successes / trials
    z = WILSON_Z
    scale = 1 + z**2 / trials
    centre = (rate + z**2 / (2 * trials)) / scale
    spread = rate * (1 - rate) / trials + z**2 / (4 * trials**2)
    half = z * math.sqrt(spread) / scale
    return (max(0.0, centre - half), min(1.0, centre + half))


def pooled_z_p_value(a: int, n_a: int, b: int, n_b: int) -> float | None:
    """Two-sided; null unless all four cells are at least 5."""
    if min(a, n_a - a, b, n_b - b) < SMALLEST_CELL:
        return None
    pooled = (a + b) / (n_a + n_b)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return math.erfc(abs(a / n_a - b / n_b) / error / math.sqrt(2))


def q_values(p_values: list[float]) -> list[float]:
    """Benjamini-Hochberg: the least m p / rank over the ranks at or past it."""
    ranked = sorted(p_values)
    m = len(ranked)
    found = []
    for p in p_values:
        later = [m * x / (i + 1) for i, x in enumerate(ranked) if x >= p]
        found.append(min([1.0, *later]))
    return found
