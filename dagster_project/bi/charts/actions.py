"""What can be done, and what it would bring: plays, journeys given up, channels."""

from collections.abc import Sequence

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.charts.base import (
    BAR,
    Spec,
    chart_of_rows,
    coloured,
    end_text,
    humane,
    month_axis,
    most,
    offset,
    parameters,
    plain_bars,
    row_axis,
    spec,
)
from dagster_project.bi.facts import TOTAL

GIVEN_UP = {"silent": "open", "dropped": "lost"}
BOOKED = {"recorded_count": "converted", "unrecorded_count": "lost"}
COSTS = {
    "cost_per_lead": "reached",
    "cost_per_qualified_lead": "touched",
    "cost_per_customer": "in_order",
}


def plays() -> Spec:
    """Wins that each play would add alone, and all of them together."""
    bars = (
        alt.Chart()
        .mark_bar(size=BAR, cornerRadiusEnd=2, color=theme.colour("converted"))
        .encode(
            x=alt.X("added_wins:Q", axis=None),
            tooltip=[
                alt.Tooltip("play:N", title="Play"),
                alt.Tooltip("added_wins:Q", title="Wins added", format="+,.1f"),
                alt.Tooltip("added_amount:Q", title="Value added", format="+,.0f"),
                alt.Tooltip("base_wins_count:Q", title="Wins without", format=","),
                alt.Tooltip("wins_factor:Q", title="Wins times", format=".3f"),
            ],
        )
    )
    layers = [
        bars,
        end_text(alt.Text("added_wins:Q", format="+,.1f"), 50, "ink"),
        end_text(alt.Text("added_amount:Q", format="+,.0f"), 130, "muted"),
    ]
    together = f"datum.play_code == '{TOTAL}' ? 'All plays together'"
    pipeline = f"(pipeline == '{TOTAL}' ? datum.pipeline_code + ': ' : '')"
    return chart_of_rows(
        "plays",
        layers,
        row_axis("play:N"),
        "Wins and value that each play would add, alone and all together.",
        {"play": f"{pipeline} + ({together} : datum.play_name)"},
        where="datum.scenario_code != 'one_after_another'",
    )


def recovery() -> Spec:
    """Journeys worth going back to, by the play for the step not taken."""
    bars = (
        alt.Chart()
        .mark_bar(size=BAR, stroke=theme.colour("card"), strokeWidth=1)
        .encode(
            x=alt.X("sum(journeys_count):Q", axis=None, stack="zero"),
            color=alt.Color("reason_code:N", scale=coloured(GIVEN_UP), legend=None),
            order=alt.Order("reason_code:N", sort="descending"),
            tooltip=[
                alt.Tooltip("play_names:N", title="Play"),
                alt.Tooltip("reason_code:N", title="Given up as"),
                alt.Tooltip("sum(journeys_count):Q", title="Journeys", format=","),
                alt.Tooltip(
                    "sum(expected_amount):Q", title="Value expected", format=",.0f"
                ),
            ],
        )
    )
    label = end_text(alt.Text("sum(journeys_count):Q", format=","), 54, "ink")
    return chart_of_rows(
        "recovery",
        [bars, label],
        row_axis("play_names:N", sort=most("journeys_count")),
        "Journeys to go back to, by play.",
        {},
    )


def inquiries(months: Sequence[str]) -> Spec:
    """Inquiries of each month: in the books in time, or not."""
    bars = alt.Chart(alt.NamedData("inquiries")).mark_bar(
        stroke=theme.colour("card"), strokeWidth=1
    )
    return spec(
        bars.encode(
            x=month_axis(months, "inquiry_month"),
            y=alt.Y("sum(count):Q", title="Inquiries", stack="zero"),
            color=alt.Color("record:N", scale=coloured(BOOKED), legend=None),
            order=alt.Order("record:N"),
            tooltip=[
                alt.Tooltip("month:N", title="Asked in"),
                alt.Tooltip("booked:N", title="They are"),
                alt.Tooltip("sum(count):Q", title="Inquiries", format=","),
            ],
        )
        .transform_fold(list(BOOKED), as_=["record", "count"])
        .transform_calculate(
            booked="replace(datum.record, '_count', '')",
            month="utcFormat(toDate(datum.inquiry_month), '%b %Y')",
        )
        .add_params(*parameters(pipeline=TOTAL))
        .properties(height=200),
        "Inquiries by month, recorded in time or not.",
    )


def costs() -> Spec:
    """What a lead, a qualified lead and a customer cost, by channel."""
    bars = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("cost:Q", axis=None, scale=alt.Scale(domainMin=0)),
            color=alt.Color("measure:N", scale=coloured(COSTS), legend=None),
        )
    )
    label = end_text(alt.Text("cost:Q", format=",.0f"), 60, "ink")
    chart = alt.layer(bars, label, data=alt.NamedData("channels"))
    return spec(
        chart.encode(
            y=row_axis("channel_name:N", len(COSTS)),
            yOffset=offset("measure:N", list(COSTS)),
            tooltip=[
                alt.Tooltip("channel_name:N", title="Channel"),
                alt.Tooltip("per:N", title="Cost"),
                alt.Tooltip("cost:Q", title="Amount", format=",.0f"),
                alt.Tooltip("spend_amount:Q", title="Spent", format=",.0f"),
            ],
        )
        .transform_filter("isValid(datum.spend_amount)")
        .transform_fold(list(COSTS), as_=["measure", "cost"])
        .transform_calculate(per=humane("measure"))
        .add_params(*parameters(pipeline=TOTAL))
        .properties(height=alt.Step(BAR)),
        "What leads, qualified leads and customers cost, by channel.",
        padding={"left": 0, "top": 4, "right": 8, "bottom": 4},
    )


def channel_wins() -> Spec:
    """What share of each channel's leads is won."""
    return plain_bars(
        "channels",
        "conversion_rate:Q",
        row_axis("channel_name:N"),
        "converted",
        ".1%",
        _channel_tips(),
        "Share of each channel's leads won.",
        where="isValid(datum.conversion_rate)",
    )


def returns() -> Spec:
    """What spend brings back, by channel, and where that is not known."""
    is_loss = "datum.return_on_spend < 0"
    losses = (
        alt.Chart()
        .transform_filter(is_loss)
        .mark_bar(size=BAR, cornerRadiusEnd=2, color=theme.colour("lost"))
        .encode(x=alt.X("return_on_spend:Q", axis=None), tooltip=_channel_tips())
    )
    unknown = (
        alt.Chart()
        .transform_filter("!isValid(datum.return_on_spend)")
        .mark_text(align="left", fontSize=11, color=theme.colour("muted"))
        .encode(x=alt.value(0), text=alt.value("customers of unknown value"))
    )
    return plain_bars(
        "channels",
        "return_on_spend:Q",
        row_axis("channel_name:N"),
        "touched",
        "+.0%",
        _channel_tips(),
        "Return on spend, by channel.",
        where="isValid(datum.return_on_spend)"
        " || datum.spend_amount > 0 && datum.unvalued_customers > 0",
        more=[losses, unknown],
    )


def _channel_tips() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("channel_name:N", title="Channel"),
        alt.Tooltip("return_on_spend:Q", title="Return on spend", format="+.0%"),
        alt.Tooltip("conversion_rate:Q", title="Conversion rate", format=".1%"),
        alt.Tooltip("leads:Q", title="Leads", format=",.1f"),
        alt.Tooltip("customers:Q", title="Customers", format=",.1f"),
        alt.Tooltip("unvalued_customers:Q", title="Without a value", format=",.1f"),
        alt.Tooltip("spend_amount:Q", title="Spent", format=",.0f"),
        alt.Tooltip("won_amount:Q", title="Won value", format=",.0f"),
    ]
