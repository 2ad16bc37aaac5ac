"""What all charts share: axes, labels, colours by role, and the step to plain JSON.

Charts are Vega-Lite specifications that name their data and hold none; rows stand in
the order of the data. The page draws the keys, which wrap and print better than a
legend inside a chart. Selections are plain parameters (`pipeline`, `funnel`, `segment`,
`pair`, `horizon`, `top`) which the page, or a dashboard, sets.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import altair as alt

from dagster_project.bi import theme
from dagster_project.bi.facts import TOTAL

Spec = dict[str, Any]

HATCH = "url(#hatch)"
BAR = 15
# Room above a row's bars for its name.
_ROW = BAR + 31
# A name that is wider than the chart would squeeze it.
_CUT = (
    "length(datum.label) * 6.6 > width"
    " ? slice(datum.label, 0, floor(width / 6.6) - 1) + '…' : datum.label"
)


def row_axis(field: str, bars: int = 1, sort: Any = None) -> alt.Y:
    """A row's name stands above its bars, where the longest has room on a phone."""
    axis = alt.Axis(
        title=None,
        labelAlign="left",
        labelPadding=0,
        labelOffset=-(bars * BAR / 2 + 11.5),
        labelColor=theme.colour("ink"),
        labelFontSize=13,
        labelLimit=0,
        labelExpr=_CUT,
    )
    # Room above the first row for its name, and none below the last.
    scale = alt.Scale(paddingInner=0.42, paddingOuter=0.15, align=1)
    return alt.Y(field, sort=sort, axis=axis, scale=scale)


def most(count: str) -> alt.EncodingSortField:
    """Rows with the greatest sum first."""
    return alt.EncodingSortField(field=count, op="sum", order="descending")


def end_text(text: alt.Text, place: int, role: str) -> alt.Chart:
    """A column of texts beyond the end of the longest bar, so many pixels behind it.

    What is not known has none: Vega would write it as `null`.
    """
    field = str(text.shorthand).partition(":")[0]
    known = "true" if "(" in field else f"isValid(datum.{field})"
    chart: alt.Chart = (
        alt.Chart()
        .transform_filter(known)
        .mark_text(
            align="right",
            baseline="middle",
            dx=place,
            fontSize=11,
            color=theme.colour(role),
        )
        .encode(x=alt.value("width"), text=text)
    )
    return chart


def by_pipeline(field: str) -> str:
    """An expression for a name, told with its pipeline where several are shown."""
    return f"(pipeline == '{TOTAL}' ? datum.pipeline_code + ': ' : '') + datum.{field}"


def humane(field: str) -> str:
    """An expression for a code in words."""
    words = f"replace(datum.{field}, regexp('_', 'g'), ' ')"
    return f"upper(slice({words}, 0, 1)) + slice({words}, 1)"


def chart_of_rows(
    data: str,
    layers: Sequence[alt.Chart],
    rows: alt.Y,
    description: str,
    names: Mapping[str, str],
    where: str = "true",
) -> Spec:
    """Layers over rows of one bar each; `names` are expressions, in their order."""
    chart = alt.layer(*layers, data=alt.NamedData(data)).encode(y=rows)
    chart = chart.transform_filter(where)
    for name, expression in names.items():
        chart = chart.transform_calculate(**{name: expression})
    return spec(
        chart.add_params(*parameters(pipeline=TOTAL)).properties(height=alt.Step(_ROW)),
        description,
        padding={"left": 0, "top": 4, "right": 8, "bottom": 4},
    )


def plain_bars(
    data: str,
    value: str,
    rows: alt.Y,
    role: str,
    form: str,
    tips: list[alt.Tooltip],
    description: str,
    names: Mapping[str, str] = MappingProxyType({}),
    where: str = "true",
    more: Sequence[alt.Chart] = (),
) -> Spec:
    """A bar a row in one colour, its value at the end; `more` are further layers."""
    bars = (
        alt.Chart()
        .mark_bar(size=BAR, cornerRadiusEnd=2, color=theme.colour(role))
        .encode(x=alt.X(value, axis=None), tooltip=tips)
    )
    label = end_text(alt.Text(value, format=form), 54, "ink")
    return chart_of_rows(data, [bars, label, *more], rows, description, names, where)


def month_axis(months: Sequence[str], field: str = "cohort_month") -> alt.X:
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
    return alt.X(f"{field}:O", axis=axis, scale=scale)


def roles(names: Sequence[str]) -> alt.Scale:
    """Colours of counts that are called like the roles of the theme."""
    return coloured({name: name.removesuffix("_count") for name in names})


def coloured(colours: Mapping[str, str]) -> alt.Scale:
    """Colours by value; each names a role of the theme."""
    return alt.Scale(
        domain=list(colours), range=[theme.colour(role) for role in colours.values()]
    )


def offset(field: str, values: Sequence[str]) -> alt.YOffset:
    return alt.YOffset(field, scale=alt.Scale(domain=list(values)))


def word(column: str) -> str:
    return column.removesuffix("_count").replace("_", " ")


def words(field: str) -> str:
    """An expression for a count's column in words."""
    return f"replace(replace(datum.{field}, '_count', ''), '_', ' ')"


def parameters(**defaults: str | int) -> list[alt.Parameter]:
    return [alt.param(name=name, value=value) for name, value in defaults.items()]


def spec(
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
