"""`run --select`: some models alone, with dbt's tests; nothing is published."""

import pytest

from dagster_project.night import NightSummary, run_night
from tests.environment import restored_environment
from tests.flow.installation import Installation
from tests.warehouse import Marts

DEALS = [
    {
        "deal_id": "one",
        "source_pipeline": "sales",
        "source_stage": "inquiry",
        "amount": 100,
    },
    {
        "deal_id": "two",
        "source_pipeline": "sales",
        "source_stage": "inquiry",
        "amount": 50,
    },
]
TABLES = "select schema_name || '.' || table_name from duckdb_tables()"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    at = Installation(tmp_path_factory.mktemp("selecting"))
    at.decide({})
    at.write({"plain/deals/2024-03-01.csv": DEALS})
    return at


@pytest.fixture(scope="module")
def summary(at: Installation) -> NightSummary:
    with restored_environment():
        return run_night(at.settings, select="+dim_stages +gate_stage_labels")


def test_what_is_selected_is_built_with_its_tests_and_not_judged_by_a_gate(
    at: Installation, summary: NightSummary
) -> None:
    assert (summary.exit_code, summary.outcome) == (0, "built"), summary.message
    built = {name for (name,) in Marts(at.paths.warehouse)(TABLES)}
    assert {"marts.dim_stages", "gates.gate_stage_labels"} <= built
    assert "marts.fct_journeys" not in built
    assert summary.gates == []
    assert "test" in {part["resource_type"] for part in summary.profile}
    assert not summary.generation
    assert not at.paths.current.exists()


def test_a_selection_of_nothing_is_said_to_be_one(at: Installation) -> None:
    with restored_environment():
        summary = run_night(at.settings, select="no_such_model")
    assert summary.exit_code == 1
    assert "--select 'no_such_model' selects no model" in summary.message


def test_a_selection_that_dbt_cannot_read_is_told_as_one(at: Installation) -> None:
    with restored_environment():
        summary = run_night(at.settings, select="state:modified")
    assert summary.exit_code == 1
    assert "--select 'state:modified': " in summary.message
