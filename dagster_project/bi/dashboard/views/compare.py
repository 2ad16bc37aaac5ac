"""Two segments, or two periods, side by side on the same scale."""

from typing import Any

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.choosing import (
    choose_member,
    choose_months,
    choose_pipeline,
    cut_of,
    humane,
    one_of,
)
from dagster_project.bi.dashboard.drawing import draw_funnel, draw_rows
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.dashboard.views.funnel import of_funnel
from dagster_project.bi.facts import Table
from dagster_project.bi.slices import MEASURES, Cut

WAYS = {"segment": "Two segments", "period": "Two periods"}


def show(view: View) -> None:
    """One funnel of two choices, and each step's difference."""
    pipeline = choose_pipeline(view)
    with st.sidebar:
        way = one_of("Compare", "compare_way", WAYS)
        common = choose_months(view) if way == "segment" else None
        channel = choose_member(view, "fct_journeys", "channel_code")
    left, right = st.columns(2)
    with left:
        first = _choose_side(view, common, channel, "a")
    with right:
        second = _choose_side(view, common, channel, "b")
    _show_both(view, pipeline, first, second)


def _choose_side(
    view: View, common: tuple[str, str] | None, channel: str, side: str
) -> Cut:
    """A segment in the common period, or a period of its own."""
    if common is None:
        members = {"channel_code": channel}
        return cut_of(choose_months(view, f"{side}_"), members)
    segment = choose_member(view, "fct_journeys", "segment_code", f"{side}_")
    return cut_of(common, {"segment_code": segment, "channel_code": channel})


def _show_both(view: View, pipeline: str, first: Cut, second: Cut) -> None:
    sides = [slices.funnels(view.connection, pipeline, cut) for cut in (first, second)]
    shared = [
        code
        for code in sides[0].values("funnel_code")
        if code in sides[1].values("funnel_code")
    ]
    if not shared:
        st.info("There is no funnel that journeys of both choices have entered.")
        return
    chosen = one_of("Funnel", "compare_funnel", {code: humane(code) for code in shared})
    steps = [of_funnel(side, str(chosen)) for side in sides]
    for column, side, rows in zip(st.columns(2), "ab", steps, strict=True):
        with column:
            st.write(f"Entered: **{rows.records()[0]['entered_count']:,}**")
            draw_funnel(rows, MEASURES, key=f"{side}_")
    st.header("Step by step")
    draw_rows("comparison", differences(*steps))


def _share(row: dict[str, Any]) -> float:
    return float(row["reached_count"] / row["entered_count"])


def differences(first: Table, second: Table) -> Table:
    """Each step's share of those entered, of both, and how far they lie apart."""
    others = {row["step_code"]: row for row in second.records()}
    rows = []
    for row in first.records():
        other = others.get(row["step_code"])
        if other is not None:
            a, b = _share(row), _share(other)
            rows.append((row["step_name"], a, b, b - a))
    return Table(("step", "first_reached", "second_reached", "difference"), rows)
