"""Draws the report's charts in a dashboard's page, with their key and their data."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st
from altair.utils.schemapi import debug_mode

from dagster_project.bi import charts, theme
from dagster_project.bi.dashboard.opening import View, open_folder
from dagster_project.bi.facts import Table
from dagster_project.bi.listing import Listing
from dagster_project.bi.report import every_month
from dagster_project.spreadsheets import as_csv

SHOWN_ROWS = 500
DEFINITIONS = {
    "funnel": "Of the journeys that entered: reached counts those that came to the "
    "step or any later one, touched those that stood in the step itself, in order "
    "those that took every step up to it in its turn; entered, the full width, is the "
    "denominator of all three.",
    "conversions": "A month holds the journeys that first entered the from-stage in "
    "it, each watched for the horizon: the rate is those that came to the to-stage or "
    "beyond divided by all that entered (Wilson interval), the cumulative incidence "
    "allows for journeys not yet watched to the horizon, losses and transfers "
    "competing (Aalen-Johansen). Hatched months are not yet mature: they still move.",
    "snapshots": "Journeys that stood in each open stage at the end of the day; in "
    "histories beyond 800 days every seventh day is drawn.",
    "events": "Attempts that came to the step within the funnel's window, of all that "
    "entered; each unit counts once a month with its best attempt, and excluded "
    "attempts count as entered alone.",
}
_HATCH_LINES = 40
# Streamlit's own captions are too faint, and its second headings as large as the first.
_STYLE = """
[data-testid=stCaptionContainer],[data-testid=stCaptionContainer] p{color:var(--muted);
opacity:1}
[data-testid=stHeading] h2{font-size:1.35rem}
.key{display:flex;flex-wrap:wrap;gap:.35rem 1.5rem;margin:0;padding:0;list-style:none;
font-size:.88rem;color:var(--ink)}
.key li{display:inline-flex;align-items:center;gap:.5rem;margin:0}
.swatch{width:.8rem;height:.8rem;border-radius:2px;display:inline-block}
"""


def set_colours() -> None:
    """The palette of the theme that the person has chosen."""
    palette = theme.DARK if st.context.theme.type == "dark" else theme.LIGHT
    st.html(f"<style>{theme.palette_variables(palette)}{_STYLE}</style>")


def draw_funnel(
    steps: Table, measures: Sequence[str], definition: str = "funnel", key: str = ""
) -> None:
    """One funnel's steps, a bar a measure."""
    first = steps.records()[0]
    chosen = {
        "pipeline": first["pipeline_code"],
        "funnel": first["funnel_code"],
        "segment": first["segment_code"],
    }
    words = [measure.removesuffix("_count") for measure in measures]
    colours = [(word.replace("_", " "), theme.colour(word)) for word in words]
    draw_key([*colours, ("full width: entered", theme.colour("line"))])
    draw(_funnel(tuple(measures)), "funnel", steps, chosen, key)
    draw_behind(f"{key}funnel", steps, DEFINITIONS[definition])


def draw_conversions(rows: Table, chosen: Mapping[str, Any], key: str = "") -> None:
    """Rates, incidences, and what became of each month's entrants."""
    rates, incidences, cohorts = _monthly(
        tuple(every_month(rows.values("cohort_month")))
    )
    values = {**chosen, "top": _top(rows)}
    st.header("Converted of entered")
    draw(rates, "conversions", rows, values, f"{key}rates")
    st.header("Cumulative incidence")
    draw(incidences, "conversions", rows, values, f"{key}incidences")
    st.header("What became of those who entered")
    fates = ("converted", "open", "transferred", "lost")
    draw_key([(fate, theme.colour(fate)) for fate in fates])
    draw(cohorts, "conversions", rows, values, f"{key}cohorts")
    draw_behind(f"{key}conversions", rows, DEFINITIONS["conversions"])


def draw_snapshots(rows: Table, stages: Mapping[str, str], pipeline: str) -> None:
    """Journeys open by day, stacked by stage."""
    draw_key(list(zip(stages.values(), theme.ramp(len(stages)), strict=True)))
    spec = _by_day(tuple(stages.items()), len(rows.values("snapshot_date")))
    draw(spec, "snapshots", rows, {"pipeline": pipeline}, "snapshots")
    draw_behind("snapshots", rows, DEFINITIONS["snapshots"])


def draw(
    spec: charts.Spec, name: str, rows: Table, values: Mapping[str, Any], key: str
) -> None:
    """One chart: its data under the name that it asks for, its parameters set."""
    params = [
        {**param, "value": values.get(param["name"], param.get("value"))}
        for param in spec["params"]
    ]
    drawn = {
        **spec,
        "params": params,
        "datasets": {name: frame(rows)},
        # Only SVG takes its colours and its hatching from the page.
        "usermeta": {"embedOptions": {"renderer": "svg", "actions": False}},
    }
    words = drawn.pop("description")
    st.vega_lite_chart(spec=drawn, theme=None, width="stretch", key=key, alt=words)


def draw_key(entries: Sequence[tuple[str, str]]) -> None:
    marks = "".join(
        f'<li><span class="swatch" style="background:{colour}"></span>{name}</li>'
        for name, colour in entries
    )
    st.html(f'<ul class="key">{marks}</ul>')


def draw_behind(name: str, rows: Table, definition: str) -> None:
    """What the chart means, and its rows to look at and to take away."""
    with st.expander("Definition and data"):
        st.write(definition)
        draw_rows(name, rows)


def draw_list(view: View, name: str, listing: Listing) -> None:
    """The first rows of a list; all of them as CSV, asked when a person wants them."""

    def everything() -> str:
        with open_folder(view.folder) as later:
            rows = listing.all(later.connection)
            return as_csv(rows.columns, rows.rows)

    first = listing.beginning(view.connection, SHOWN_ROWS)
    st.dataframe(frame(first), hide_index=True)
    st.caption(f"At most {SHOWN_ROWS} are shown; the CSV file holds all.")
    _offer(name, everything)


def draw_rows(name: str, rows: Table) -> None:
    """The first rows, and all of them as CSV."""
    st.dataframe(frame(Table(rows.columns, rows.rows[:SHOWN_ROWS])), hide_index=True)
    if len(rows.rows) > SHOWN_ROWS:
        st.caption(f"The first {SHOWN_ROWS:,} of {len(rows.rows):,}; CSV has them all.")
    _offer(name, lambda: as_csv(rows.columns, rows.rows))


def _offer(name: str, content: Callable[[], str]) -> None:
    st.download_button(
        "Download CSV",
        data=content,
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"{name}_csv",
        on_click="ignore",
    )


def frame(rows: Table) -> pd.DataFrame:
    """The rows as Streamlit takes them."""
    return pd.DataFrame.from_records(rows.rows, columns=list(rows.columns))


def _hatched(mark: Any) -> Any:
    """A chart whose pattern, which Streamlit lets no page define, is a gradient."""
    if isinstance(mark, dict):
        return {name: _hatched(value) for name, value in mark.items()}
    if isinstance(mark, list):
        return [_hatched(value) for value in mark]
    return _lines() if mark == charts.HATCH else mark


def _lines() -> dict[str, Any]:
    """Thin lines across, each a stop that begins and ends at once."""
    stops = [
        {"offset": (line + part) / _HATCH_LINES, "color": colour}
        for line in range(_HATCH_LINES)
        for part, colour in (
            *((0, "transparent"), (0.8, "transparent")),
            *((0.8, theme.colour("open")), (1, theme.colour("open"))),
        )
    ]
    ends = {"x1": 0, "y1": 0, "x2": 0, "y2": 1}
    return {"gradient": "linear", **ends, "stops": stops}


# A chart without its data is the same for many views, and dear to make.
@lru_cache(maxsize=8)
@debug_mode(False)
def _funnel(measures: tuple[str, ...]) -> charts.Spec:
    return charts.funnel(measures)


@lru_cache(maxsize=32)
@debug_mode(False)
def _monthly(months: tuple[str, ...]) -> tuple[charts.Spec, ...]:
    made = charts.rates(months), charts.incidences(months), charts.cohorts(months)
    return tuple(_hatched(spec) for spec in made)


@lru_cache(maxsize=32)
@debug_mode(False)
def _by_day(stages: tuple[tuple[str, str], ...], days_count: int) -> charts.Spec:
    return charts.pipeline_by_day(dict(stages), days_count)


def _top(rows: Table) -> float:
    """The end of the rates' axis, a little above the highest interval."""
    highs = [row[name] or 0.0 for row in rows.records() for name in _RATES]
    highest: float = max([0.05, *highs])
    return min(1.0, highest * 1.12)


_RATES = (
    *("conversion_rate", "conversion_rate_high"),
    *("cumulative_incidence", "cumulative_incidence_high"),
)
