"""What is open: by day, and what it is expected to bring."""

import json
from collections.abc import Mapping

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.charts.base import Spec, parameters, spec
from dagster_project.bi.facts import TOTAL

# A month of the year under each tick, and the year under January and the first.
_DAY_LABEL = (
    "utcdate(datum.value) != 1 ? utcFormat(datum.value, '%d %b')"
    " : utcmonth(datum.value) == 0 || datum.index == 0"
    " ? [utcFormat(datum.value, '%b'), utcFormat(datum.value, '%Y')]"
    " : utcFormat(datum.value, '%b')"
)


def pipeline_by_day(stages: Mapping[str, str], days_count: int) -> Spec:
    """Journeys open at each day's end, stacked by stage; `stages` maps code to name."""
    rows = alt.Chart(alt.NamedData("snapshots")).transform_filter(
        f"pipeline == '{TOTAL}' || pipeline == datum.pipeline_code"
    )
    stacked = _stacked_days(rows, list(stages), is_history=days_count > 1)
    return spec(
        alt.layer(stacked, _hovered_days(rows, stages))
        .add_params(*parameters(pipeline=TOTAL))
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
