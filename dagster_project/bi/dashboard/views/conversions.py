"""Monthly conversions from stage to stage, with what is not mature yet."""

from typing import Any

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.choosing import choose_cut, choose_pipeline, one_of
from dagster_project.bi.dashboard.drawing import draw_conversions
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.facts import Table


def show(view: View) -> None:
    """One pair of stages at one horizon, month by month."""
    pipeline = choose_pipeline(view)
    rows = slices.conversions(view.connection, pipeline, choose_cut(view))
    chosen = choose_pair(rows)
    if not chosen:
        st.info("No month of this choice has a journey that entered a stage.")
        return
    st.write(in_words(chosen))
    draw_conversions(chosen, signals(chosen))


def choose_pair(rows: Table, key: str = "") -> Table:
    """The rows of the pair and horizon that a person chooses."""
    pairs = {pair_of(row): _pair_name(row) for row in rows.records()}
    left, right = st.columns(2)
    with left:
        pair = one_of("From and to", f"{key}pair", pairs, _to_the_sale(list(pairs)))
    of_pair = [row for row in rows.records() if pair_of(row) == pair]
    days = {str(row["horizon_days"]): f"{row['horizon_days']} days" for row in of_pair}
    with right:
        horizon = one_of("Within", f"{key}horizon", days, _ripe(of_pair, list(days)))
    kept = [row for row in of_pair if str(row["horizon_days"]) == horizon]
    return Table(rows.columns, [tuple(row.values()) for row in kept])


def signals(rows: Table) -> dict[str, Any]:
    """What the charts filter by."""
    first = rows.records()[0]
    return {
        "pipeline": first["pipeline_code"],
        "pair": pair_of(first),
        "horizon": first["horizon_days"],
    }


def pair_of(row: dict[str, Any]) -> str:
    return f"{row['from_stage_code']}>{row['to_stage_code']}"


def _pair_name(row: dict[str, Any]) -> str:
    return f"{row['from_stage_name']} → {row['to_stage_name']}"


def _to_the_sale(pairs: list[str]) -> int:
    """The first sight: from the first stage as far as it goes."""
    start = pairs[0].partition(">")[0] if pairs else ""
    places = [i for i, pair in enumerate(pairs) if pair.startswith(f"{start}>")]
    return places[-1] if places else 0


def _ripe(rows: list[dict[str, Any]], days: list[str]) -> int:
    """The longest horizon that half of its months have been watched for."""
    flags = {
        day: [row["is_mature"] for row in rows if str(row["horizon_days"]) == day]
        for day in days
    }
    ripe = [i for i, day in enumerate(days) if 2 * sum(flags[day]) >= len(flags[day])]
    return ripe[-1] if ripe else 0


def in_words(rows: Table) -> str:
    """Mature months added up by their counts."""
    mature = [row for row in rows.records() if row["is_mature"]]
    entered = sum(row["entered_count"] for row in mature)
    converted = sum(row["converted_count"] for row in mature)
    first = rows.records()[0]
    text = f"{_pair_name(first)}, within {first['horizon_days']} days. "
    if entered:
        text += f"In mature months {converted:,} of {entered:,} journeys converted. "
    young = len(rows.rows) - len(mature)
    return f"{text}Months not yet mature: {young} of {len(rows.rows)}."
