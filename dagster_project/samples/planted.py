"""The planted truth: how likely and how fast each step is taken, by whom."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from dagster_project.samples.world import (
    DAY,
    OFFLINE,
    OTHER,
    PARTNER,
    QUICK,
    REFERRALS,
    REFERRED,
    RESEARCHER,
    SALES,
    Pipeline,
    instant,
)

CHANNEL_MULTIPLIERS = {
    "ORGANIC_SEARCH": 1.0,
    "PAID_SEARCH": 0.9,
    "EMAIL_MARKETING": 1.1,
    REFERRALS: 1.0,
    "DIRECT_TRAFFIC": 1.05,
    "SOCIAL_MEDIA": 0.85,
    "PAID_SOCIAL": 0.75,
    OFFLINE: 0.95,
}
PACES = {REFERRED: 0.85, RESEARCHER: 1.2, QUICK: 0.7, OTHER: 1.0}
SKIP_SHARE = 0.06
BACK_SHARE = 0.04
REOPEN_SHARE = 0.03
LOSS_SHARE = 0.85
LOSS_SLOWNESS = 1.5


@dataclass(frozen=True)
class Step:
    """One step onward: chances by segment, a lognormal time, what else may happen."""

    chances: Mapping[str, float]
    median_days: float
    sigma: float
    same_second_share: float = 0.0
    transfer_share: float = 0.0


def _chances(
    referred: float, researcher: float, quick: float, other: float
) -> dict[str, float]:
    return {REFERRED: referred, RESEARCHER: researcher, QUICK: quick, OTHER: other}


STEPS = {
    SALES.pipeline_id: (
        Step(_chances(0.80, 0.66, 0.56, 0.46), 6, 1.0),
        Step(_chances(0.76, 0.70, 0.50, 0.56), 14, 0.9, transfer_share=0.02),
        Step(_chances(0.76, 0.70, 0.60, 0.60), 24, 0.9, transfer_share=0.01),
        Step(_chances(0.76, 0.66, 0.55, 0.60), 32, 0.8, same_second_share=0.1),
        Step(_chances(0.88, 0.80, 0.74, 0.75), 16, 0.9, same_second_share=0.2),
        Step(_chances(0.80, 0.80, 0.80, 0.80), 21, 0.5),
    ),
    PARTNER.pipeline_id: (
        Step(_chances(0.78, 0.70, 0.62, 0.60), 8, 0.9),
        Step(_chances(0.70, 0.62, 0.55, 0.55), 30, 0.9),
        Step(_chances(0.88, 0.82, 0.76, 0.78), 24, 0.8, same_second_share=0.1),
    ),
}


@dataclass(frozen=True)
class Trial:
    """A change tried on a segment at a step: what it added to the chance, and when."""

    pipeline: Pipeline
    step: int
    segment: str
    control: str
    gain: float
    begins: date
    ends: date

    def gain_of(self, pipeline: Pipeline, step: int, segment: str, at: int) -> float:
        """What the chance of a journey is raised by that came to the step then."""
        tried = (self.pipeline.pipeline_id, self.step, self.segment)
        is_tried = tried == (pipeline.pipeline_id, step, segment)
        return self.gain if is_tried and self.holds(at) else 0.0

    def holds(self, at: int) -> bool:
        return instant(self.begins) <= at < instant(self.ends)


TRIAL = Trial(SALES, 0, OTHER, QUICK, 0.16, date(2026, 1, 1), date(2026, 4, 1))


def chance(
    pipeline: Pipeline, step: int, segment: str, channel: str, gain: float = 0.0
) -> float:
    """How likely a journey at this step ever goes further."""
    base = STEPS[pipeline.pipeline_id][step].chances[segment] + gain
    if pipeline.steps[step].is_won:
        return base
    return round(min(0.97, base * CHANNEL_MULTIPLIERS[channel]), 6)


def duration(
    rng: np.random.Generator, pipeline: Pipeline, step: int, segment: str
) -> int:
    """Seconds until the step is taken; 0 where the seller clicked on at once."""
    taken = STEPS[pipeline.pipeline_id][step]
    if rng.random() < taken.same_second_share:
        return 0
    days = taken.median_days * PACES[segment]
    return max(60, round(days * DAY * math.exp(taken.sigma * rng.standard_normal())))


def share_within(pipeline: Pipeline, step: int, segment: str, days: float) -> float:
    """Share of those who go further that have done so within so many days."""
    taken = STEPS[pipeline.pipeline_id][step]
    z = math.log(days / (taken.median_days * PACES[segment])) / taken.sigma
    slow = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    return taken.same_second_share + (1 - taken.same_second_share) * slow


def win_chance(pipeline: Pipeline, step: int, segment: str, channel: str) -> float:
    """How likely a journey at this step is ever won in this pipeline."""
    won = pipeline.first_won
    if step >= won:
        return 1.0
    onward = win_chance(pipeline, step + 1, segment, channel)
    if step + 2 <= won:
        skipped = win_chance(pipeline, step + 2, segment, channel)
        onward = (1 - SKIP_SHARE) * onward + SKIP_SHARE * skipped
    return chance(pipeline, step, segment, channel) * onward
