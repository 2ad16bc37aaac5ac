"""What if more went on from step to step: a slider a step, the compounded effect."""

from typing import Any

import streamlit as st

from dagster_project.bi import slices
from dagster_project.bi.dashboard.choosing import choose_pipeline, humane, one_of
from dagster_project.bi.dashboard.drawing import draw_rows
from dagster_project.bi.dashboard.opening import View
from dagster_project.bi.dashboard.scenarios import Gain, scenarios
from dagster_project.bi.facts import TOTAL, Table

UNITS = {"percent": "percent", "points": "percentage points"}
_MOST = {"percent": 100.0, "points": 50.0}
_MEANING = (
    "Shares are of journeys watched for the whole horizon, and of what they reached "
    "within it, so that their product is the share that was won. Several gains "
    "compound: each step passes on what it gains, which is why the effect is more than "
    "the sum."
)


def show(view: View) -> None:
    """Sliders of one pipeline and horizon, and what they would come to."""
    pipeline = choose_pipeline(view)
    if not view.has_table("fct_step_rates"):
        st.info(
            "This generation was published before step rates were: run "
            "`funnelhouse run` first."
        )
        return
    steps = choose_steps(slices.step_rates(view.connection), pipeline)
    if not steps:
        st.info("No journey of this pipeline has been watched for a whole horizon.")
        return
    gains = choose_gains(steps)
    show_effect(steps, gains, view.currency)


def choose_steps(rates: Table, pipeline: str) -> Table:
    """The steps of the pipeline, at the horizon chosen.

    Steps of several pipelines make no one way: of all of them a person names one.
    """
    if pipeline == TOTAL:
        known = {code: humane(code) for code in rates.values("pipeline_code")}
        pipeline = one_of("Steps of", "whatif_pipeline", known) or TOTAL
    rows = [row for row in rates.records() if row["pipeline_code"] == pipeline]
    days = {str(row["horizon_days"]): f"{row['horizon_days']} days" for row in rows}
    horizon = one_of("Within", "whatif_horizon", days)
    kept = [row for row in rows if str(row["horizon_days"]) == horizon]
    return Table(rates.columns, [tuple(row.values()) for row in kept])


def choose_gains(steps: Table) -> list[Gain]:
    """A slider a step; the first step has no share, so it gains in percent alone."""
    st.write(_MEANING)
    unit = one_of("Gains are", "whatif_unit", UNITS) or "percent"
    gains = [_choose_gain(row, unit) for row in steps.records()]
    return [gain for gain in gains if gain.gain]


def _choose_gain(row: dict[str, Any], unit: str) -> Gain:
    own = "percent" if row["step_number"] == 1 else unit
    label = row["stage_name"]
    if row["step_number"] == 1:
        label += f": {row['reached_count']:,} entered"
    elif row["step_rate"] is not None:
        label += f": {row['step_rate']:.1%} come to it"
    gain = st.slider(
        f"{label}; gain in {UNITS[own]}",
        *(-_MOST[own], _MOST[own], 0.0),
        step=0.5,
        key=f"gain_{row['pipeline_code']}_{row['stage_code']}_{own}",
    )
    return Gain(row["stage_code"], gain, own)


def show_effect(steps: Table, gains: list[Gain], currency: str) -> None:
    """The compounded effect beside the sum, and step after step."""
    if not gains:
        st.info("Move a slider: nothing is gained yet.")
        return
    found = scenarios(steps, gains)
    (together,) = (r for r in found.records() if r["scenario_code"] == "together")
    if together["wins_factor"] is None:
        st.info("A step of these was never reached, so there is no share to raise.")
        return
    show_together(together, currency)
    st.header("Each alone, and one after another")
    draw_rows("scenarios", found)


def show_together(together: dict[str, Any], currency: str) -> None:
    factor = together["wins_factor"]
    first, second, third = st.columns(3)
    first.metric("Gains added up", f"{together['summed_gain']:g}")
    second.metric("Wins multiplied by", f"{factor:.6f}", f"{factor - 1:+.1%}")
    third.metric(
        "Wins", f"{together['wins']:,.1f}", f"{together['added_wins']:+,.1f} wins"
    )
    if together["added_amount"] is not None:
        st.write(
            f"Worth {currency} {together['added_amount']:+,.0f} at the same value."
        )
