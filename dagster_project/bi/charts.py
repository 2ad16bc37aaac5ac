"""The charts: Vega-Lite specifications that name their data and hold none.

The page draws the keys, which wrap and print better than a legend inside a chart.
Selections are plain parameters (`pipeline`, `funnel`, `segment`, `pair`, `horizon`,
`top`) which the page, or a dashboard, sets; stages and their order come as arguments.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.facts import TOTAL

Spec = dict[str, Any]

HATCH = "url(#hatch)"
_REACHES = ("reached_count", "touched_count", "in_order_count")
_FATES = ("converted_count", "open_count", "transferred_count", "lost_count")
# A month stays text: parsed as a date it would fall out of the axis' bands.
_MONTH_NAME = "utcFormat(toDate(datum.cohort_month), '%b %Y')"
# A month of the year under each tick, and the year under January and the first.
_DAY_LABEL = (
    "utcdate(datum.value) != 1 ? utcFormat(datum.value, '%d %b')"
    " : utcmonth(datum.value) == 0 || datum.index == 0"
    " ? [utcFormat(datum.value, '%b'), utcFormat(datum.value, '%Y')]"
    " : utcFormat(datum.value, '%b')"
)
_COHORT = (
    "(pipeline == datum.pipeline_code) && (horizon == datum.horizon_days)"
    " && (pair == datum.from_stage_code + '>' + datum.to_stage_code)"
)


def funnel(measures: Sequence[str] = _REACHES) -> Spec:
    """Steps down, a bar a measure, each labelled with its share of those entered."""
    bars = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("count:Q", axis=None, scale=alt.Scale(domainMin=0, nice=False)),
            color=alt.Color(
                "measure:N",
                scale=_roles(measures),
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
    return _spec(
        chart.encode(y=_step_axis(), yOffset=_offset(measures), tooltip=_FUNNEL_TIPS)
        .transform_filter(
            f"(pipeline == '{TOTAL}' || pipeline == datum.pipeline_code)"
            " && funnel == datum.funnel_code && segment == datum.segment_code"
        )
        .transform_calculate(step="datum.step_order + '. ' + datum.step_name")
        .transform_fold(list(measures), as_=["measure", "count"])
        .transform_calculate(
            share="datum.entered_count > 0 ? datum.count / datum.entered_count : null",
            counted=_words("measure"),
        )
        .add_params(*_parameters(pipeline=TOTAL, funnel="", segment=TOTAL))
        .properties(height=alt.Step(15)),
        f"Funnel, step by step: {', '.join(map(_word, measures))} of those entered.",
        padding={"left": 0, "top": 4, "right": 8, "bottom": 4},
    )


def _bar_labels() -> list[alt.Chart]:
    """Count and share in two columns beyond the end of the longest bar."""
    texts = (("count:Q", ",", 54, "ink"), ("share:Q", ".0%", 96, "muted"))
    return [
        alt.Chart()
        .mark_text(
            align="right", baseline="middle", dx=dx, fontSize=11, color=theme.colour(c)
        )
        .encode(x=alt.value("width"), text=alt.Text(field, format=form))
        for field, form, dx, c in texts
    ]


_FUNNEL_TIPS = [
    alt.Tooltip("step_name:N", title="Step"),
    alt.Tooltip("counted:N", title="Count of"),
    alt.Tooltip("count:Q", title="Journeys", format=","),
    alt.Tooltip("entered_count:Q", title="Of entered", format=","),
    alt.Tooltip("share:Q", title="Share", format=".1%"),
    alt.Tooltip("reached_by_skip_count:Q", title="Reached by a skip", format=","),
    alt.Tooltip("reached_by_entry_count:Q", title="Reached by entry", format=","),
]


def _step_axis() -> alt.Y:
    """A step's name stands above its bars, where the longest has room on a phone."""
    order = alt.EncodingSortField(field="step_order", op="min")
    axis = alt.Axis(
        title=None,
        labelAlign="left",
        labelPadding=0,
        labelOffset=-34,
        labelColor=theme.colour("ink"),
        labelFontSize=13,
        labelLimit=420,
    )
    # Room above the first step for its name, and none below the last.
    scale = alt.Scale(paddingInner=0.42, paddingOuter=0.15, align=1)
    return alt.Y("step:N", sort=order, axis=axis, scale=scale)


def cohorts(months: Sequence[str]) -> Spec:
    """What became of each month's entrants: the denominators of the rates."""
    bars = alt.Chart(alt.NamedData("conversions")).mark_bar(
        stroke=theme.colour("card"), strokeWidth=1
    )
    return _spec(
        bars.encode(
            x=_month(months),
            y=alt.Y("count:Q", title="Journeys entered", stack="zero"),
            order=alt.Order("fate_order:Q"),
            color=alt.Color(
                "fate:N",
                scale=_roles(_FATES),
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
            ended=_words("fate"),
            month=_MONTH_NAME,
        )
        .add_params(*_parameters(pipeline=TOTAL, pair="", horizon=0))
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
    month = _month(months)
    layers = [_shade(month), *_interval(month, value), _points(month, value, tips)]
    if value == "conversion_rate":
        layers.append(_changes(month))
    chart = alt.layer(*layers, data=alt.NamedData("conversions"))
    return _spec(
        chart.transform_filter(_COHORT)
        .transform_calculate(
            month=_MONTH_NAME,
            state="datum.is_mature ? 'mature'"
            " : datum.is_left_truncated ? 'watched from after entry'"
            " : 'not yet mature'",
        )
        .add_params(*_parameters(pipeline=TOTAL, pair="", horizon=0, top=1))
        .properties(height=230),
        description,
    )


def _rate_axis(field: str) -> alt.Y:
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("top"), nice=False)
    axis = alt.Axis(format="~%", title=None)
    return alt.Y(field, axis=axis, scale=scale)


def _month(months: Sequence[str]) -> alt.X:
    """Every month a band, also one without a row; labels thin out from January on."""
    room = f"(width / {len(months)})"
    step = f"({room} > 32 ? 1 : {room} > 12 ? 3 : {room} > 6 ? 6 : 12)"
    at = "toDate(datum.value)"
    year = f"utcmonth({at}) == 0 || datum.index * {len(months) - 1} < {step}"
    label = (
        f"utcmonth({at}) % {step} != 0 ? ''"
        f" : {year} ? [utcFormat({at}, '%b'), utcFormat({at}, '%Y')]"
        f" : utcFormat({at}, '%b')"
    )
    axis = alt.Axis(title=None, labelExpr=label, labelAngle=0, labelOverlap=False)
    scale = alt.Scale(domain=list(months), paddingInner=0, paddingOuter=0.1)
    return alt.X("cohort_month:O", axis=axis, scale=scale)


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


def pipeline_by_day(stages: Mapping[str, str], days_count: int) -> Spec:
    """Journeys open at each day's end, stacked by stage; `stages` maps code to name."""
    rows = alt.Chart(alt.NamedData("snapshots")).transform_filter(
        f"pipeline == '{TOTAL}' || pipeline == datum.pipeline_code"
    )
    stacked = _stacked_days(rows, list(stages), is_history=days_count > 1)
    return _spec(
        alt.layer(stacked, _hovered_days(rows, stages))
        .add_params(*_parameters(pipeline=TOTAL))
        .properties(height=300),
        "Journeys open at the end of each day, stacked by stage.",
    )


def _day() -> alt.X:
    return alt.X("snapshot_date:T", scale=alt.Scale(type="utc"), title=None)


def _stacked_days(rows: alt.Chart, codes: list[str], is_history: bool) -> alt.Chart:
    edge = theme.colour("card")
    area = rows.mark_area(interpolate="step-after", stroke=edge, strokeWidth=0.75)
    # An area of a single day has no width, and would show an empty chart.
    marks = area if is_history else rows.mark_bar(width=60, stroke=edge)
    chart: alt.Chart = marks.transform_calculate(
        place=f"indexof({json.dumps(codes)}, datum.stage_code)"
    ).encode(
        x=_day().axis(labelExpr=_DAY_LABEL, tickCount=alt.ExprRef("ceil(width / 90)")),
        y=alt.Y("sum(open_count):Q", title="Journeys open", stack="zero"),
        order=alt.Order("place:Q"),
        color=alt.Color(
            "stage_code:N",
            scale=alt.Scale(domain=codes, range=theme.ramp(len(codes))),
            legend=None,
        ),
    )
    return chart


def _hovered_days(rows: alt.Chart, stages: Mapping[str, str]) -> alt.Chart:
    """Unseen lines that bear each day's numbers, all stages at once."""
    keys = {code: f"s{place}" for place, code in enumerate(stages)}
    chart: alt.Chart = (
        rows.transform_calculate(key=f"({json.dumps(keys)})[datum.stage_code]")
        .transform_joinaggregate(total="sum(open_count)", groupby=["snapshot_date"])
        .transform_pivot(
            "key", value="open_count", groupby=["snapshot_date", "total"], op="sum"
        )
        .transform_calculate(
            **{
                key: f"isValid(datum.{key}) ? format(datum.{key}, ',') : 'none'"
                for key in keys.values()
            }
        )
        .mark_rule(strokeWidth=5, opacity=0)
        .encode(x=_day(), tooltip=_day_tips(stages, keys))
    )
    return chart


def _day_tips(stages: Mapping[str, str], keys: Mapping[str, str]) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("snapshot_date:T", timeUnit="utcyearmonthdate", title="Day"),
        alt.Tooltip("total:Q", title="Open", format=","),
        *(alt.Tooltip(f"{keys[code]}:N", title=name) for code, name in stages.items()),
    ]


def _roles(roles: Sequence[str]) -> alt.Scale:
    return alt.Scale(
        domain=list(roles),
        range=[theme.colour(r.removesuffix("_count")) for r in roles],
    )


def _offset(roles: Sequence[str]) -> alt.YOffset:
    return alt.YOffset("measure:N", scale=alt.Scale(domain=list(roles)))


def _word(column: str) -> str:
    return column.removesuffix("_count").replace("_", " ")


def _words(field: str) -> str:
    """An expression for a count's column in words."""
    return f"replace(replace(datum.{field}, '_count', ''), '_', ' ')"


def _parameters(**defaults: str | int) -> list[alt.Parameter]:
    return [alt.param(name=name, value=value) for name, value in defaults.items()]


def _spec(
    chart: alt.Chart | alt.LayerChart | alt.FacetChart,
    description: str,
    padding: Mapping[str, int] | None = None,
) -> Spec:
    """The chart as JSON, as wide as its place, under the one theme."""
    sized = chart.properties(
        width="container",
        description=description,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding=dict(padding or {"left": 0, "top": 4, "right": 4, "bottom": 4}),
    )
    with alt.theme.enable(theme.THEME):
        # Checked against the schema in tests; here it would take most of the time.
        spec: Spec = sized.to_dict(validate=False)
    # A schema address is never fetched, yet a page that names none cannot try.
    spec.pop("$schema")
    return spec
