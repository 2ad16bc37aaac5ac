"""Conversions by month: the figures, and how sure and how settled they are."""

import json
from collections.abc import Sequence

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.charts.base import (
    HATCH,
    Spec,
    month_axis,
    parameters,
    roles,
    spec,
    words,
)
from dagster_project.bi.facts import TOTAL

_FATES = ("converted_count", "open_count", "transferred_count", "lost_count")
# A month stays text: parsed as a date it would fall out of the axis' bands.
_MONTH_NAME = "utcFormat(toDate(datum.cohort_month), '%b %Y')"
_COHORT = (
    "(pipeline == datum.pipeline_code) && (horizon == datum.horizon_days)"
    " && (pair == datum.from_stage_code + '>' + datum.to_stage_code)"
)


def cohorts(months: Sequence[str]) -> Spec:
    """What became of each month's entrants: the denominators of the rates."""
    bars = alt.Chart(alt.NamedData("conversions")).mark_bar(
        stroke=theme.colour("card"), strokeWidth=1
    )
    return spec(
        bars.encode(
            x=month_axis(months),
            y=alt.Y("count:Q", title="Journeys entered", stack="zero"),
            order=alt.Order("fate_order:Q"),
            color=alt.Color(
                "fate:N",
                scale=roles(_FATES),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("month:N", title="Entered"),
                alt.Tooltip("ended:N", title="Within the horizon"),
                alt.Tooltip("count:Q", title="Journeys", format=","),
                alt.Tooltip("entered_count:Q", title="Of entered", format=","),
            ],
        )
        .transform_filter(_COHORT)
        .transform_fold(list(_FATES), as_=["fate", "count"])
        .transform_calculate(
            fate_order=f"indexof({json.dumps(_FATES)}, datum.fate)",
            ended=words("fate"),
            month=_MONTH_NAME,
        )
        .add_params(*parameters(pipeline=TOTAL, pair="", horizon=0))
        .properties(height=180),
        "Journeys entered each month: converted, open, transferred or lost by then.",
    )


def rates(months: Sequence[str]) -> Spec:
    """Converted of entered, by month, with Wilson's interval."""
    tips = [
        alt.Tooltip("month:N", title="Entered"),
        alt.Tooltip("converted_count:Q", title="Converted", format=","),
        alt.Tooltip("entered_count:Q", title="Of entered", format=","),
        alt.Tooltip("conversion_rate:Q", title="Rate", format=".1%"),
        alt.Tooltip("conversion_rate_low:Q", title="95 % from", format=".1%"),
        alt.Tooltip("conversion_rate_high:Q", title="to", format=".1%"),
        alt.Tooltip("state:N", title="Month is"),
        alt.Tooltip("target_rate:Q", title="Target", format=".1%"),
        alt.Tooltip("rate_change:Q", title="Against month before", format="+.1%"),
        alt.Tooltip("change_q_value:Q", title="q of the change", format=".3f"),
    ]
    return _monthly(
        months,
        "conversion_rate",
        tips,
        "Share of each month's entrants that converted.",
    )


def incidences(months: Sequence[str]) -> Spec:
    """Cumulative incidence by month, with its interval."""
    tips = [
        alt.Tooltip("month:N", title="Entered"),
        alt.Tooltip("entered_count:Q", title="Journeys entered", format=","),
        alt.Tooltip("cumulative_incidence:Q", title="Incidence", format=".1%"),
        alt.Tooltip("cumulative_incidence_low:Q", title="95 % from", format=".1%"),
        alt.Tooltip("cumulative_incidence_high:Q", title="to", format=".1%"),
        alt.Tooltip("state:N", title="Month is"),
    ]
    return _monthly(
        months,
        "cumulative_incidence",
        tips,
        "Cumulative incidence of conversion by month.",
    )


def _monthly(
    months: Sequence[str], value: str, tips: list[alt.Tooltip], description: str
) -> Spec:
    month = month_axis(months)
    layers = [_shade(month), *_interval(month, value), _points(month, value, tips)]
    if value == "conversion_rate":
        layers += [_goals(month), _changes(month)]
    chart = alt.layer(*layers, data=alt.NamedData("conversions"))
    return spec(
        chart.transform_filter(_COHORT)
        .transform_calculate(
            month=_MONTH_NAME,
            state="datum.is_mature ? 'mature'"
            " : datum.is_left_truncated ? 'watched from after entry'"
            " : 'not yet mature'",
        )
        .add_params(*parameters(pipeline=TOTAL, pair="", horizon=0, top=1))
        .properties(height=230),
        description,
    )


def _rate_axis(field: str) -> alt.Y:
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("top"), nice=False)
    axis = alt.Axis(format="~%", title=None)
    return alt.Y(field, axis=axis, scale=scale)


def _shade(month: alt.X) -> alt.Chart:
    """Hatching behind the months whose figure still moves."""
    chart: alt.Chart = (
        alt.Chart()
        .mark_bar(fill=HATCH, width={"band": 1})
        .transform_filter("!datum.is_mature")
        .encode(x=month, y=alt.value(0), y2=alt.value("height"))
    )
    return chart


def _interval(month: alt.X, value: str) -> list[alt.Chart]:
    mature, young = "datum.is_mature", "!datum.is_mature"
    return [
        alt.Chart()
        .mark_rule(strokeDash=dash, strokeWidth=2, opacity=0.55)
        .transform_filter(which)
        .encode(
            x=month,
            y=_rate_axis(f"{value}_low:Q"),
            y2=f"{value}_high:Q",
            color=alt.value(theme.colour("converted")),
        )
        for which, dash in ((mature, [1, 0]), (young, [3, 3]))
    ]


def _points(month: alt.X, value: str, tips: list[alt.Tooltip]) -> alt.Chart:
    fill = alt.when("datum.is_mature").then(alt.value(theme.colour("converted")))
    chart: alt.Chart = (
        alt.Chart()
        .mark_point(size=64, opacity=1, strokeWidth=2, stroke=theme.colour("converted"))
        .encode(
            x=month,
            y=_rate_axis(f"{value}:Q"),
            fill=fill.otherwise(alt.value(theme.colour("card"))),
            tooltip=tips,
        )
    )
    return chart


def _goals(month: alt.X) -> alt.Chart:
    """A dash at what seeds/targets.csv asks of the month."""
    chart: alt.Chart = (
        alt.Chart()
        .mark_tick(thickness=2, width={"band": 0.9}, orient="horizontal")
        .transform_filter("isValid(datum.target_rate)")
        .encode(
            x=month, y=_rate_axis("target_rate:Q"), color=alt.value(theme.colour("ink"))
        )
    )
    return chart


def _changes(month: alt.X) -> alt.Chart:
    """A triangle over months that differ from the one before by more than chance."""
    shape = alt.when("datum.rate_change > 0").then(alt.value("▲"))
    chart: alt.Chart = (
        alt.Chart()
        .mark_text(baseline="bottom", dy=-6, fontSize=11)
        .transform_filter("datum.is_change_significant")
        .encode(
            x=month,
            y=_rate_axis("conversion_rate_high:Q"),
            text=shape.otherwise(alt.value("▼")),
        )
    )
    return chart
