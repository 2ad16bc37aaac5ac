"""The stage funnel, and the journeys behind each of its bars."""

from dataclasses import replace

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.choosing import (
    choose_cut,
    choose_pipeline,
    humane,
    one_of,
)
from dagster_project.bi.dashboard.drawing import draw_funnel, draw_list
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.facts import Table
from dagster_project.bi.slices import (
    JOURNEY_COLUMNS,
    JOURNEY_DIMENSIONS,
    MEASURES,
    Cut,
)

DIMENSIONS = ("segment_code", "channel_code", *JOURNEY_DIMENSIONS)


def show(view: View) -> None:
    """The funnel of a pipeline, cut by whatever a journey has."""
    pipeline = choose_pipeline(view)
    cut = choose_cut(view, DIMENSIONS)
    steps, cut = choose_funnel(view, pipeline, cut)
    if not steps:
        st.info("No journey of this choice has entered a funnel.")
        return
    entered = steps.records()[0]["entered_count"]
    st.write(f"Journeys entered: **{entered:,}**.")
    draw_funnel(steps, MEASURES)
    drill(view, steps, cut)


def choose_funnel(
    view: View, pipeline: str, cut: Cut, key: str = ""
) -> tuple[Table, Cut]:
    """One funnel's steps: of the mart, or counted anew where the mart has no such key.

    Campaign, keyword, region, product and owner are no keys of funnels; their stages
    are counted by what journeys touched and reached. The cut that comes back is that of
    the funnel's own journeys, which may be a single segment's.
    """
    found = slices.funnels(view.connection, pipeline, cut)
    codes = found.values("funnel_code")
    options = {code: humane(code) for code in codes}
    if not options:
        return found, cut
    chosen = one_of("Funnel", f"{key}funnel_code", options)
    steps = of_funnel(found, str(chosen))
    cut = replace(cut, segment=slices.funnel_segment(view.connection, str(chosen), cut))
    if cut.broken_down:
        of_pipeline = steps.records()[0]["pipeline_code"]
        st.caption(f"The stages of {humane(of_pipeline)}, of this choice's journeys.")
        return slices.stage_steps(view.connection, of_pipeline, cut), cut
    return steps, cut


def of_funnel(found: Table, code: str) -> Table:
    place = found.columns.index("funnel_code")
    return Table(found.columns, [row for row in found.rows if row[place] == code])


def drill(view: View, steps: Table, cut: Cut) -> None:
    """The journeys behind the bar that a person names.

    A step that customers' actions fill too has journeys that no stage names.
    """
    st.header("The journeys behind a bar")
    by_code = {row["step_code"]: row for row in steps.records()}
    left, right = st.columns(2)
    with left:
        names = {code: row["step_name"] for code, row in by_code.items()}
        step = one_of("Step", "drill_step", names)
    with right:
        words = {name: humane(name.removesuffix("_count")) for name in MEASURES}
        measure = one_of("Count of", "drill_measure", words)
    if step is None or measure is None:
        return
    row = by_code[step]
    stages = (
        steps  # counted by stages already
        if cut.broken_down
        else slices.stage_steps(view.connection, row["pipeline_code"], cut)
    )
    told = {stage["step_code"]: stage[measure] for stage in stages.records()}
    listed = told.get(step, 0)
    if listed != row[measure]:
        st.info(
            f"The bar counts {row[measure]:,} journeys. Its step is filled by "
            "customers' actions too, and which journeys did them is told in no "
            "published table; the funnel of the whole pipeline names its journeys."
        )
        return
    st.write(f"{listed:,} journeys")
    columns = view.known("fct_journeys", JOURNEY_COLUMNS)
    is_timed = view.known("fct_journey_steps", ["entered_at"])
    clocks = ["journeys.entered_at", *(["steps.entered_at"] if is_timed else [])]
    found = slices.journeys_at_step(
        row["pipeline_code"], step, measure, cut, columns, clocks
    )
    draw_list(view, "journeys", found)
