"""The charts of report and dashboard."""

from collections.abc import Callable, Mapping, Sequence

from dagster_project.bi.charts.actions import (
    COSTS,
    GIVEN_UP,
    channel_wins,
    costs,
    inquiries,
    plays,
    recovery,
    returns,
)
from dagster_project.bi.charts.base import HATCH, Spec
from dagster_project.bi.charts.causes import (
    ENDS,
    PROOFS,
    evidence,
    evidence_rates,
    losses,
    missed,
    restated,
    stops,
    variants,
    waits,
)
from dagster_project.bi.charts.conversions import cohorts, incidences, rates
from dagster_project.bi.charts.funnels import funnel, segments
from dagster_project.bi.charts.outlooks import (
    COVERAGE,
    PROBABILITIES,
    attainment,
    forecast,
    reliability,
)
from dagster_project.bi.charts.pipeline import pipeline_by_day

# Each chart of findings by its id, with the finding that it draws.
OF_FINDINGS: Mapping[str, tuple[Callable[[], Spec], str]] = {
    "attainment": (attainment, "targets"),
    "reliability": (reliability, "reliability"),
    "stops": (stops, "stops"),
    "waits": (waits, "stops"),
    "plays": (plays, "plays"),
    "recovery": (recovery, "recovery"),
    "losses": (losses, "losses"),
    "missed": (missed, "losses"),
    "costs": (costs, "channels"),
    "returns": (returns, "channels"),
    "channel_wins": (channel_wins, "channels"),
    "evidence": (evidence, "evidence"),
    "evidence_rates": (evidence_rates, "evidence"),
    "variants": (variants, "variants"),
    "restated": (restated, "restated"),
}
# Those over months, with the column that holds the month.
BY_MONTH: Mapping[str, tuple[Callable[[Sequence[str]], Spec], str]] = {
    "forecast": (forecast, "expected_close_month"),
    "inquiries": (inquiries, "inquiry_month"),
}
# What colours mean, to roles of the theme.
KEYS: Mapping[str, Mapping[str, str]] = {
    "coverage": COVERAGE,
    "probabilities": PROBABILITIES,
    "ends": ENDS,
    "given_up": GIVEN_UP,
    "costs": COSTS,
    "proofs": PROOFS,
}

__all__ = [
    "BY_MONTH",
    "HATCH",
    "KEYS",
    "OF_FINDINGS",
    "Spec",
    "attainment",
    "channel_wins",
    "cohorts",
    "costs",
    "evidence",
    "evidence_rates",
    "forecast",
    "funnel",
    "incidences",
    "inquiries",
    "losses",
    "missed",
    "pipeline_by_day",
    "plays",
    "rates",
    "recovery",
    "reliability",
    "restated",
    "returns",
    "segments",
    "stops",
    "variants",
    "waits",
]
