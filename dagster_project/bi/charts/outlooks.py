"""What is to come: quotas, the forecast, and how right forecasts were."""

from collections.abc import Sequence

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.charts.base import (
    BAR,
    HATCH,
    Spec,
    chart_of_rows,
    coloured,
    end_text,
    month_axis,
    parameters,
    row_axis,
    spec,
)
from dagster_project.bi.facts import TOTAL

COVERAGE = {"won": "converted", "open deals, weighted": "open"}
PROBABILITIES = {"measured": "converted", "stated": "lost"}


def attainment() -> Spec:
    """Each quota: what is won of it, and what open deals will add."""
    bars = (
        alt.Chart()
        .transform_fold(["won_value", "weighted_value"], as_=["part", "value"])
        .transform_calculate(
            covered="datum.part == 'won_value' ? 'won' : 'open deals, weighted'",
            share="datum.target_value > 0 ? datum.value / datum.target_value : null",
        )
        .mark_bar(size=BAR, stroke=theme.colour("card"), strokeWidth=1)
        .encode(
            x=alt.X(
                "share:Q",
                stack="zero",
                axis=alt.Axis(format="~%", title=None),
                scale=alt.Scale(domainMin=0),
            ),
            order=alt.Order("part:N", sort="descending"),
            color=alt.Color("covered:N", scale=coloured(COVERAGE), legend=None),
            tooltip=_QUOTA_TIPS,
        )
    )
    whole = (
        alt.Chart()
        .mark_tick(size=BAR + 8, thickness=2, orient="vertical")
        .encode(x=alt.X(datum=1), color=alt.value(theme.colour("ink")))
    )
    label = end_text(alt.Text("attainment_rate:Q", format=".0%"), 44, "ink")
    return chart_of_rows(
        "targets",
        [bars, whole, label],
        row_axis("quota:N"),
        "Share of each quota that is won, and that open deals are expected to add.",
        {
            "quota": "utcFormat(toDate(datum.period_start), '%b %Y')"
            " + ', ' + datum.period_code + ': ' + datum.pipeline_code"
            " + (datum.owner_id == 'all' ? '' : ', ' + datum.owner_name)"
            " + (datum.team_code == 'all' ? '' : ', ' + datum.team_code)"
            " + ' (' + replace(datum.metric_code, '_', ' ') + ')'",
        },
    )


_QUOTA_TIPS = [
    alt.Tooltip("quota:N", title="Quota"),
    alt.Tooltip("target_value:Q", title="Of", format=",.0f"),
    alt.Tooltip("covered:N", title="By"),
    alt.Tooltip("value:Q", title="Value", format=",.0f"),
    alt.Tooltip("missing_value:Q", title="Missing", format=",.0f"),
    alt.Tooltip("deals_needed_count:Q", title="More deals needed", format=","),
]


def forecast(months: Sequence[str]) -> Spec:
    """Value expected by month of close: measured with its interval, stated beside."""
    month = month_axis(months, "expected_close_month")
    money = alt.Axis(format="~s", title="Value expected")
    shade = (
        alt.Chart()
        .transform_filter("datum.is_past")
        .mark_bar(fill=HATCH, width={"band": 1})
        .encode(x=month, y=alt.value(0), y2=alt.value("height"))
    )
    bars = (
        alt.Chart()
        .mark_bar(width={"band": 0.6}, color=theme.colour("converted"), opacity=0.75)
        .encode(x=month, y=alt.Y("measured_amount:Q", axis=money))
    )
    whisker = (
        alt.Chart()
        .mark_rule(strokeWidth=2)
        .encode(x=month, y="measured_amount_low:Q", y2="measured_amount_high:Q")
    )
    stated = (
        alt.Chart()
        .mark_tick(thickness=3, width={"band": 0.8}, orient="horizontal")
        .encode(x=month, y="stated_amount:Q", color=alt.value(theme.colour("lost")))
    )
    tips = (
        alt.Chart()
        .mark_bar(width={"band": 1}, opacity=0)
        .encode(x=month, y=alt.value(0), y2=alt.value("height"), tooltip=_CLOSE_TIPS)
    )
    chart = alt.layer(
        shade, bars, whisker, stated, tips, data=alt.NamedData("forecast")
    )
    return spec(
        chart.transform_filter("datum.close_code == 'month'")
        .transform_calculate(
            is_past="datum.expected_close_month"
            " < slice(datum.forecast_date, 0, 8) + '01'",
            month="utcFormat(toDate(datum.expected_close_month), '%b %Y')",
        )
        .add_params(*parameters(pipeline=TOTAL))
        .properties(height=260),
        "Value that open deals are expected to bring, by their month of close.",
    )


_CLOSE_TIPS = [
    alt.Tooltip("month:N", title="Close expected"),
    alt.Tooltip("open_count:Q", title="Journeys", format=","),
    alt.Tooltip("open_amount:Q", title="Value open", format=",.0f"),
    alt.Tooltip("measured_amount:Q", title="Measured", format=",.0f"),
    alt.Tooltip("measured_amount_low:Q", title="95 % from", format=",.0f"),
    alt.Tooltip("measured_amount_high:Q", title="to", format=",.0f"),
    alt.Tooltip("stated_amount:Q", title="Stated", format=",.0f"),
]


def reliability() -> Spec:
    """What was forecast against what came of it, by bands of probability."""
    kinds = coloured(PROBABILITIES)
    colour = alt.Color("probability_code:N", scale=kinds, legend=None)
    share = alt.Scale(domain=[0, 1])
    diagonal = (
        alt.Chart()
        .transform_aggregate(rows="count()")
        .mark_rule(strokeDash=[4, 4], color=theme.colour("muted"))
        .encode(
            x=alt.value(0),
            y=alt.value("height"),
            x2=alt.value("width"),
            y2=alt.value(0),
        )
    )
    x = alt.X(
        "mean_probability:Q",
        scale=share,
        axis=alt.Axis(format="~%", title="Forecast on average"),
    )
    observed = alt.Axis(format="~%", title="Won of those decided")
    whisker = (
        alt.Chart()
        .mark_rule(strokeWidth=2, opacity=0.55)
        .encode(
            x=x,
            y=alt.Y("observed_rate_low:Q", scale=share, axis=observed),
            y2="observed_rate_high:Q",
            color=colour,
        )
    )
    shape = alt.Shape(
        "probability_code:N",
        scale=alt.Scale(domain=list(PROBABILITIES), range=["circle", "diamond"]),
        legend=None,
    )
    point = (
        alt.Chart()
        .mark_point(size=80, filled=True, opacity=1)
        .encode(x=x, y="observed_rate:Q", color=colour, shape=shape, tooltip=_BAND_TIPS)
    )
    chart = alt.layer(diagonal, whisker, point, data=alt.NamedData("reliability"))
    return spec(
        chart.transform_filter(f"datum.band_code != '{TOTAL}'")
        .add_params(*parameters(pipeline=TOTAL))
        .properties(height=300),
        "Wins forecast against wins seen, by band of probability.",
    )


_BAND_TIPS = [
    alt.Tooltip("probability_code:N", title="Probability"),
    alt.Tooltip("mean_probability:Q", title="Forecast", format=".1%"),
    alt.Tooltip("observed_rate:Q", title="Won of decided", format=".1%"),
    alt.Tooltip("forecasts_count:Q", title="Journeys", format=","),
    alt.Tooltip("won_count:Q", title="Won", format=","),
    alt.Tooltip("lost_count:Q", title="Lost", format=","),
    alt.Tooltip("open_count:Q", title="Undecided", format=","),
]
