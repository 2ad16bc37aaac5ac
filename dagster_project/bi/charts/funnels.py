"""Funnels, step by step."""

from collections.abc import Sequence

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.charts.base import (
    BAR,
    Spec,
    end_text,
    offset,
    parameters,
    roles,
    row_axis,
    spec,
    word,
    words,
)
from dagster_project.bi.facts import TOTAL

_STEPS = alt.EncodingSortField(field="step_order", op="min")
_REACHES = ("reached_count", "touched_count", "in_order_count")

_FUNNEL_TIPS = [
    alt.Tooltip("step_name:N", title="Step"),
    alt.Tooltip("counted:N", title="Count of"),
    alt.Tooltip("count:Q", title="Journeys", format=","),
    alt.Tooltip("entered_count:Q", title="Of entered", format=","),
    alt.Tooltip("share:Q", title="Share", format=".1%"),
    alt.Tooltip("reached_by_skip_count:Q", title="Reached by a skip", format=","),
    alt.Tooltip("reached_by_entry_count:Q", title="Reached by entry", format=","),
]


def funnel(measures: Sequence[str] = _REACHES) -> Spec:
    """Steps down, a bar a measure, each labelled with its share of those entered."""
    bars = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("count:Q", axis=None, scale=alt.Scale(domainMin=0, nice=False)),
            color=alt.Color(
                "measure:N",
                scale=roles(measures),
                legend=None,
            ),
        )
    )
    # The denominator is drawn behind each bar, so that full width means every journey.
    tracks = alt.Chart().mark_bar(opacity=0.5, cornerRadiusEnd=2)
    tracks = tracks.encode(
        x=alt.X("entered_count:Q", axis=None), color=alt.value(theme.colour("line"))
    )
    chart = alt.layer(tracks, bars, *_bar_labels(), data=alt.NamedData("funnel"))
    return spec(
        chart.encode(
            y=row_axis("step:N", len(_REACHES), _STEPS),
            yOffset=offset("measure:N", measures),
            tooltip=_FUNNEL_TIPS,
        )
        .transform_filter(
            f"(pipeline == '{TOTAL}' || pipeline == datum.pipeline_code)"
            " && funnel == datum.funnel_code && segment == datum.segment_code"
        )
        .transform_calculate(step="datum.step_order + '. ' + datum.step_name")
        .transform_fold(list(measures), as_=["measure", "count"])
        .transform_calculate(
            share="datum.entered_count > 0 ? datum.count / datum.entered_count : null",
            counted=words("measure"),
        )
        .add_params(*parameters(pipeline=TOTAL, funnel="", segment=TOTAL))
        .properties(height=alt.Step(BAR)),
        f"Funnel, step by step: {', '.join(map(word, measures))} of those entered.",
        padding={"left": 0, "top": 4, "right": 8, "bottom": 4},
    )


def _bar_labels() -> list[alt.Chart]:
    """Count and share in two columns."""
    return [
        end_text(alt.Text("count:Q", format=","), 54, "ink"),
        end_text(alt.Text("share:Q", format=".0%"), 96, "muted"),
    ]


def segments(names: Sequence[str]) -> Spec:
    """Steps down, a bar a segment: the share of its journeys that reached the step."""
    bars = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "segment_name:N",
                scale=alt.Scale(domain=list(names), range=theme.ramp(len(names))),
                legend=None,
            ),
        )
    )
    labels = (
        end_text(alt.Text("share:Q", format=".0%"), 40, "ink"),
        end_text(alt.Text("reached_count:Q", format=","), 92, "muted"),
    )
    chart = alt.layer(bars, *labels, data=alt.NamedData("funnel"))
    return spec(
        chart.encode(
            y=row_axis("step:N", len(names), _STEPS),
            yOffset=offset("segment_name:N", names),
            tooltip=_SEGMENT_TIPS,
        )
        .transform_filter(
            f"(pipeline == '{TOTAL}' || pipeline == datum.pipeline_code)"
            f" && funnel == datum.funnel_code && datum.segment_code != '{TOTAL}'"
        )
        .transform_calculate(
            step="datum.step_order + '. ' + datum.step_name",
            share="datum.entered_count > 0"
            " ? datum.reached_count / datum.entered_count : null",
        )
        .add_params(*parameters(pipeline=TOTAL, funnel=""))
        .properties(height=alt.Step(BAR)),
        "Share of each segment's journeys that reached each step.",
        padding={"left": 0, "top": 4, "right": 8, "bottom": 4},
    )


_SEGMENT_TIPS = [
    alt.Tooltip("step_name:N", title="Step"),
    alt.Tooltip("segment_name:N", title="Segment"),
    alt.Tooltip("reached_count:Q", title="Reached", format=","),
    alt.Tooltip("entered_count:Q", title="Of entered", format=","),
    alt.Tooltip("share:Q", title="Share", format=".1%"),
]
