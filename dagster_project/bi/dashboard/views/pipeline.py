"""Journeys open by day, and those that stand in a stage now."""

from typing import Any

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.choosing import choose_cut, choose_pipeline, one_of
from dagster_project.bi.dashboard.drawing import draw_list, draw_snapshots
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.facts import Table
from dagster_project.bi.slices import JOURNEY_COLUMNS, Cut


def show(view: View) -> None:
    """Each day's open journeys by stage."""
    pipeline = choose_pipeline(view)
    cut = choose_cut(view, ["segment_code"])
    rows = slices.snapshots(view.connection, pipeline, cut)
    if not rows:
        st.info("No journey of this choice has stood in an open stage.")
        return
    now = last_day(rows)
    st.write(in_words(now, view.currency))
    draw_snapshots(rows, _stages_met(view, rows), pipeline)
    drill(view, pipeline, cut, now)


def last_day(rows: Table) -> list[dict[str, Any]]:
    last = rows.rows[-1][rows.columns.index("snapshot_date")]
    return [row for row in rows.records() if row["snapshot_date"] == last]


def in_words(now: list[dict[str, Any]], currency: str) -> str:
    """What is open at the end of a day; amounts in the home currency."""
    count = sum(row["open_count"] for row in now)
    worth = sum(row["open_amount"] or 0 for row in now)
    unpriced = sum(row["unpriced_count"] for row in now)
    said = f"Journeys open at the end of {now[0]['snapshot_date']}: **{count:,}**"
    if worth:
        said += f", worth {currency} {worth:,.0f}"
    if unpriced:
        said += f"; {unpriced:,} amounts among them have no exchange rate"
    return f"{said}."


def _stages_met(view: View, rows: Table) -> dict[str, str]:
    """Code to name of the stages that are drawn, in their order, strangers last."""
    names = {row["stage_code"]: row["stage_name"] for row in rows.records()}
    known = [code for code in slices.stage_codes(view.connection) if code in names]
    return {code: names[code] for code in dict.fromkeys([*known, *sorted(names)])}


def drill(view: View, pipeline: str, cut: Cut, now: list[dict[str, Any]]) -> None:
    """The journeys that stand in a stage as of this generation."""
    st.header("The journeys that stand in a stage now")
    names = {row["stage_code"]: row["stage_name"] for row in now}
    stage = one_of("Stage", "open_stage", names)
    if stage is None:
        return
    columns = view.known("fct_journeys", JOURNEY_COLUMNS)
    found = slices.open_journeys(pipeline, stage, cut, columns)
    st.write(f"{found.count(view.connection):,} journeys")
    draw_list(view, "open_journeys", found)
