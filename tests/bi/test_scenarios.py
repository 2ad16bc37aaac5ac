"""What gains at steps come to: worked cases, through the project's own models."""

import pytest

from dagster_project.bi.dashboard.scenarios import Gain, scenarios
from dagster_project.bi.dashboard.views.whatif import choose_steps
from dagster_project.bi.facts import TOTAL, Table
from tests.bi.conftest import OpenPage

GAINS = (0, 7, 2, 1, 4, 5, 0.5, 1)
COLUMNS = (
    *("pipeline_code", "stage_code", "horizon_days", "step_number", "is_sale"),
    *("reached_count", "reached_amount", "step_rate"),
)


def steps(shares: list[float]) -> Table:
    """Eight steps, of which the first has no share."""
    rates = [None, *shares]
    rows = [
        ("p", f"s{i}", 180, i, i == len(rates), 1, 100.0, rate)
        for i, rate in enumerate(rates, start=1)
    ]
    return Table(COLUMNS, rows)


@pytest.mark.parametrize(
    ("shares", "unit", "factor"),
    [
        ([0.5] * 7, "percent", 1.221843),
        ([0.5] * 7, "points", 1.480050),
        ([0.4, 0.6, 0.7, 0.5, 0.6, 0.8, 0.9], "points", 1.465984),
    ],
)
def test_eight_gains_compound_to_what_was_worked_out_by_hand(
    shares: list[float], unit: str, factor: float
) -> None:
    gains = [
        Gain(f"s{i}", gain, "percent" if i == 1 else unit)
        for i, gain in enumerate(GAINS, start=1)
    ]
    found = scenarios(steps(shares), gains).records()
    (together,) = (row for row in found if row["scenario_code"] == "together")
    assert together["summed_gain"] == 20.5
    assert together["wins_factor"] == pytest.approx(factor, abs=5e-7)
    assert together["added_amount"] == pytest.approx(100 * (factor - 1), abs=1e-4)


def test_a_step_that_nobody_came_to_has_no_effect_to_tell() -> None:
    found = scenarios(steps([0.0] * 7), [Gain("s2", 5, "points")]).records()
    assert {row["wins_factor"] for row in found} == {None}


def test_a_slider_moves_the_wins_by_its_share(open_page: OpenPage) -> None:
    page = open_page("whatif")
    assert any("Move a slider" in each.value for each in page.info)
    sliders = {slider.key: slider for slider in page.slider}
    key = next(key for key in sliders if "qualified_percent" in str(key))
    sliders[key].set_value(10.0)
    page.run()
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Wins multiplied by"] == "1.100000"
    assert metrics["Gains added up"] == "10"


def test_of_all_pipelines_the_steps_are_those_of_one_that_is_named(
    open_page: OpenPage,
) -> None:
    page = open_page("whatif")
    page.selectbox(key="pipeline").set_value(TOTAL).run()
    named = page.selectbox(key="whatif_pipeline")
    assert len(named.options) > 1
    for pipeline in ("sales", "partner"):
        page.selectbox(key="whatif_pipeline").set_value(pipeline).run()
        assert {str(each.key).split("_")[1] for each in page.slider} == {pipeline}


def test_a_pipeline_without_steps_is_not_shown_those_of_another() -> None:
    assert choose_steps(steps([0.5] * 7), "p")
    assert not choose_steps(steps([0.5] * 7), "another")
