"""What a person chooses in the side bar: pipeline, period, and members to look at.

A choice holds from page to page, and as long as the generation offers it.
"""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.facts import EVER, TOTAL
from dagster_project.bi.slices import Cut

LABELS = {
    "segment_code": "Segment",
    "channel_code": "Channel",
    "region_code": "Region",
    "product_code": "Product",
    "owner_id": "Owner",
    "campaign": "Campaign",
    "keyword": "Keyword",
    "device": "Device",
}
_CUT_BY_MART = ("segment_code", "channel_code")


def one_of(
    label: str, key: str, options: Mapping[str, str], index: int = 0
) -> str | None:
    """A select box whose choice outlives pages that do not show it."""
    codes = list(options)
    if codes:
        held = st.session_state.get(key)
        st.session_state[key] = held if held in options else codes[index]
    return st.selectbox(label, codes, format_func=options.__getitem__, key=key)


def choose_pipeline(view: View) -> str:
    """A pipeline, or all of them where there are several."""
    codes = slices.pipelines(view.connection)
    options = {code: humane(code) for code in codes}
    if len(codes) > 1:
        options[TOTAL] = "All pipelines"
    with st.sidebar:
        return one_of("Pipeline", "pipeline", options) or TOTAL


def choose_months(view: View, key: str = "", label: str = "") -> tuple[str, str]:
    """The first and the last month, both ends included."""
    known = slices.months(view.connection)
    if not known:
        return EVER
    options = {month: month[:7] for month in known}
    last = len(known) - 1
    first_month = one_of(f"{label}From month", f"{key}from_month", options)
    last_month = one_of(f"{label}To month", f"{key}to_month", options, last)
    return first_month or known[0], last_month or known[-1]


def choose_cut(
    view: View,
    dimensions: Sequence[str] = _CUT_BY_MART,
    table: str = "fct_journeys",
    with_months: bool = True,
) -> Cut:
    """Period and members, in the side bar."""
    with st.sidebar:
        months = choose_months(view) if with_months else EVER
        known = view.known(table, dimensions)
        members = {name: choose_member(view, table, name) for name in known}
    return cut_of(months, members)


def cut_of(months: tuple[str, str], members: Mapping[str, str]) -> Cut:
    """Segment and channel are keys of the marts; other members narrow them."""
    other = {name: code for name, code in members.items() if name not in _CUT_BY_MART}
    return Cut(
        segment=members.get("segment_code", TOTAL),
        channel=members.get("channel_code", TOTAL),
        months=months,
        members=other,
    )


def choose_member(view: View, table: str, column: str, key: str = "") -> str:
    options = {TOTAL: "All", **dict(members(view, table, column))}
    return one_of(LABELS[column], f"{key}{column}", options) or TOTAL


def members(view: View, table: str, column: str) -> Iterable[tuple[str, str]]:
    """Members of a dimension; a generation never changes, so it is asked once."""
    return _members(str(view.folder), table, column, view)


@st.cache_data(max_entries=64, show_spinner=False)
def _members(
    folder: str, table: str, column: str, _view: View
) -> list[tuple[str, str]]:
    return slices.members(_view.connection, table, column)


def humane(code: str) -> str:
    """A code as people read it, where it has no name."""
    return code.replace("_", " ").capitalize()
