"""Funnels of customers' actions, by campaign, keyword and device too."""

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.choosing import choose_cut, humane, one_of
from dagster_project.bi.dashboard.drawing import draw_funnel, draw_list
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.facts import Table
from dagster_project.bi.slices import ATTEMPT_DIMENSIONS, Cut


def show(view: View) -> None:
    """The steps of an event funnel, and the attempts behind each."""
    codes = slices.event_funnels(view.connection)
    options = {code: humane(code) for code in codes}
    with st.sidebar:
        funnel = one_of("Funnel", "event_funnel", options)
    cut = choose_cut(view, ATTEMPT_DIMENSIONS, "fct_funnel_attempts")
    steps = slices.event_steps(view.connection, str(funnel), cut)
    if not steps:
        st.info("Nobody of this choice has begun an event funnel.")
        return
    first = steps.records()[0]
    st.write(
        f"Attempts begun: **{first['entered_count']:,}**, of them still within their "
        f"window {first['still_open_count']:,}, excluded {first['excluded_count']:,}."
    )
    draw_funnel(steps, ["reached_count"], "events", "event_")
    drill(view, steps, cut)


def drill(view: View, steps: Table, cut: Cut) -> None:
    """The attempts that came to the step that a person names."""
    st.header("The attempts behind a bar")
    by_code = {str(row["step_order"]): row for row in steps.records()}
    names = {order: row["step_name"] for order, row in by_code.items()}
    order = one_of("Step", "event_step", names)
    if order is None:
        return
    row = by_code[order]
    found = slices.attempts_at_step(row["funnel_code"], int(order), cut)
    st.write(f"{row['reached_count']:,} attempts")
    draw_list(view, "attempts", found)
