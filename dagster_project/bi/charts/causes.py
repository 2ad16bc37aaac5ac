"""Where customers stop and why: stages, losses, evidence, how journeys begin."""

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.charts.base import (
    BAR,
    Spec,
    by_pipeline,
    chart_of_rows,
    coloured,
    end_text,
    humane,
    most,
    plain_bars,
    row_axis,
)

# How stays at a stage end, and what evidence a stage has: to the theme's roles.
ENDS = {"went on": "converted", "not seen to end": "open", "fell away": "lost"}
PROOFS = {
    "proven": "in_order",
    "proven_later": "touched",
    "unprovable": "muted",
    "seller_only": "lost",
}
_SHARE = alt.Axis(format="~%", title=None)


def stops() -> Spec:
    """How stays at each stage end, of all stays, competing ends allowed for."""
    bars = (
        alt.Chart()
        .transform_calculate(
            unended_rate="1 - datum.advancing_rate - datum.leaving_rate"
        )
        .transform_fold(
            ["advancing_rate", "unended_rate", "leaving_rate"], as_=["end", "share"]
        )
        .transform_calculate(
            ended="datum.end == 'advancing_rate' ? 'went on'"
            " : datum.end == 'leaving_rate' ? 'fell away' : 'not seen to end'"
        )
        .transform_calculate(place=f"indexof({list(ENDS)}, datum.ended)")
        .mark_bar(size=BAR, stroke=theme.colour("card"), strokeWidth=1)
        .encode(
            x=alt.X(
                "share:Q", stack="zero", scale=alt.Scale(domain=[0, 1]), axis=_SHARE
            ),
            order=alt.Order("place:Q"),
            color=alt.Color("ended:N", scale=coloured(ENDS), legend=None),
            tooltip=[
                alt.Tooltip("stage:N", title="Stage"),
                alt.Tooltip("ended:N", title="Stays that"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
                alt.Tooltip("visits_count:Q", title="Stays", format=","),
                alt.Tooltip("lost_count:Q", title="Ended lost", format=","),
            ],
        )
    )
    label = end_text(alt.Text("leaving_rate:Q", format=".0%"), 40, "ink")
    return chart_of_rows(
        "stops",
        [bars, label],
        row_axis("stage:N"),
        "What share of stays at each stage went on, fell away, or was not seen to end.",
        {"stage": by_pipeline("stage_name")},
    )


def waits() -> Spec:
    """Where the time of journeys goes."""
    return plain_bars(
        "stops",
        "waiting_share:Q",
        row_axis("stage:N"),
        "touched",
        ".0%",
        [
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("waiting_share:Q", title="Of all time", format=".1%"),
            alt.Tooltip("median_days:Q", title="Half left in days", format=".1f"),
            alt.Tooltip("p90_days:Q", title="Nine in ten", format=".1f"),
            alt.Tooltip("open_count:Q", title="There now", format=","),
            alt.Tooltip("stale_count:Q", title="Past patience", format=","),
        ],
        "Each stage's share of the time that journeys have spent at open stages.",
        {
            "stage": by_pipeline("stage_name"),
            "median_days": "datum.median_seconds / 86400",
            "p90_days": "datum.p90_seconds / 86400",
        },
    )


def losses() -> Spec:
    """Journeys lost, by the reason that was stated."""
    return _lost("loss_reason_name", "by stated reason")


def missed() -> Spec:
    """The same, by the step of the customer that was not taken."""
    return _lost("missed_stage_name", "by the step not taken")


def _lost(field: str, how: str) -> Spec:
    return plain_bars(
        "losses",
        "sum(lost_count):Q",
        row_axis(f"{field}:N", sort=most("lost_count")),
        "lost",
        ",",
        [
            alt.Tooltip(f"{field}:N", title=how.capitalize()),
            alt.Tooltip("sum(lost_count):Q", title="Journeys lost", format=","),
            alt.Tooltip("sum(lost_amount):Q", title="Their value", format=",.0f"),
        ],
        f"Journeys lost, {how}.",
    )


def evidence() -> Spec:
    """What speaks for the journeys that entered each stage."""
    bars = (
        alt.Chart()
        .mark_bar(size=BAR, stroke=theme.colour("card"), strokeWidth=1)
        .encode(
            x=alt.X("journeys_count:Q", stack="zero", axis=alt.Axis(title=None)),
            order=alt.Order("place:Q"),
            color=alt.Color("evidence_code:N", scale=coloured(PROOFS), legend=None),
            tooltip=_EVIDENCE_TIPS,
        )
    )
    return chart_of_rows(
        "evidence",
        [bars],
        row_axis("stage:N"),
        "Journeys that entered each stage, by what proves it.",
        {"stage": by_pipeline("stage_name"), "place": _PLACE},
        where=f"{_PLACE} >= 0",
    )


def evidence_rates() -> Spec:
    """What journeys convert at from each stage, by what proves it."""
    chart = alt.Chart()
    colour = alt.Color("evidence_code:N", scale=coloured(PROOFS), legend=None)
    whisker = chart.mark_rule(strokeWidth=2, opacity=0.55).encode(
        x=alt.X("conversion_rate_low:Q", axis=_SHARE, scale=alt.Scale(domain=[0, 1])),
        x2="conversion_rate_high:Q",
        color=colour,
        yOffset=_SPREAD,
    )
    point = chart.mark_point(size=64, filled=True, opacity=1).encode(
        x="conversion_rate:Q", color=colour, yOffset=_SPREAD, tooltip=_EVIDENCE_TIPS
    )
    return chart_of_rows(
        "evidence",
        [whisker, point],
        row_axis("stage:N"),
        "Share converted of the journeys in each stage, by what proves it.",
        {"stage": by_pipeline("stage_name"), "place": _PLACE},
        where=f"{_PLACE} >= 0 && datum.watched_count > 0",
    )


# Below 0 for stages not entered, whose evidence is no proof of an entry.
_PLACE = f"indexof({list(PROOFS)}, datum.evidence_code)"
_SPREAD = alt.YOffset("place:Q", scale=alt.Scale(domain=[-2, len(PROOFS) + 1]))


_EVIDENCE_TIPS = [
    alt.Tooltip("stage:N", title="Stage"),
    alt.Tooltip("evidence_code:N", title="Evidence"),
    alt.Tooltip("journeys_count:Q", title="Journeys", format=","),
    alt.Tooltip("watched_count:Q", title="Watched so long", format=","),
    alt.Tooltip("conversion_rate:Q", title="Of these converted", format=".1%"),
    alt.Tooltip("conversion_rate_low:Q", title="95 % from", format=".1%"),
    alt.Tooltip("conversion_rate_high:Q", title="to", format=".1%"),
]


def variants() -> Spec:
    """How journeys that begin alike convert, beside all others of the segment."""
    chart = alt.Chart()
    blue = theme.colour("converted")
    track = alt.Axis(format="~%", title=None, tickCount=4)
    whisker = chart.mark_rule(strokeWidth=2, opacity=0.55, color=blue).encode(
        x=alt.X("conversion_rate_low:Q", axis=track), x2="conversion_rate_high:Q"
    )
    others = chart.mark_tick(
        size=BAR, thickness=2, color=theme.colour("muted"), orient="vertical"
    ).encode(x="others_conversion_rate:Q")
    point = chart.mark_point(size=64, filled=True, opacity=1, color=blue).encode(
        x="conversion_rate:Q", tooltip=_VARIANT_TIPS
    )
    labels = (
        end_text(alt.Text("journeys_count:Q", format=","), 54, "ink"),
        end_text(alt.Text("sign:N"), 72, "ink"),
    )
    return chart_of_rows(
        "variants",
        [whisker, others, point, *labels],
        row_axis("variant:N"),
        "Share converted of journeys that begin alike, beside the others.",
        {
            "variant": by_pipeline("variant_name"),
            "sign": "!datum.is_difference_significant ? ''"
            " : datum.conversion_rate > datum.others_conversion_rate ? '▲' : '▼'",
        },
        where="datum.watched_count > 0",
    )


_VARIANT_TIPS = [
    alt.Tooltip("variant:N", title="Begins"),
    alt.Tooltip("journeys_count:Q", title="Journeys", format=","),
    alt.Tooltip("watched_count:Q", title="Watched so long", format=","),
    alt.Tooltip("conversion_rate:Q", title="Of these converted", format=".1%"),
    alt.Tooltip("conversion_rate_low:Q", title="95 % from", format=".1%"),
    alt.Tooltip("conversion_rate_high:Q", title="to", format=".1%"),
    alt.Tooltip("others_conversion_rate:Q", title="Of the others", format=".1%"),
    alt.Tooltip("difference_q_value:Q", title="q of the difference", format=".3f"),
]


def restated() -> Spec:
    """Closed figures that moved, by the reason."""
    return plain_bars(
        "restated",
        "sum(figures_count):Q",
        row_axis("reason:N", sort=most("figures_count")),
        "touched",
        ",",
        [
            alt.Tooltip("reason:N", title="Reason"),
            alt.Tooltip("sum(figures_count):Q", title="Figures", format=","),
        ],
        "Closed figures that moved since they were first published, by reason.",
        {"reason": humane("reason_code")},
    )
