"""What dbt's tests promise readers: broken, it is refused, and the row is shown."""

from collections.abc import Callable

import duckdb
import pytest

from dagster_project.defs.transform import RefusedError, refuse_failures
from dagster_project.paths import Paths
from dagster_project.transforming import build, load_project
from tests.models.conftest import Built
from tests.warehouse import Warehouse


def test_a_null_where_no_null_may_be_is_refused_with_its_row(
    built: Callable[[int], Built], warehouse: Warehouse
) -> None:
    _, marts = built(1)
    warehouse.restore(marts)
    load_project(warehouse.settings)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(
            "update marts.fct_journeys set outcome_code = null "
            "where journey_id = (select min(journey_id) from marts.fct_journeys)"
        )
        (journey_id,) = connection.execute(
            "select min(journey_id) from marts.fct_journeys"
        ).fetchall()[0]
    chosen = ["fct_journeys,test_name:never_null"]
    outcomes = build(chosen, "eager", False, lambda _: None)
    assert [outcome.status for outcome in outcomes] == ["fail"]
    with pytest.raises(RefusedError) as refused:
        refuse_failures(outcomes, Paths.of(warehouse.settings))
    told = str(refused.value.description)
    assert "1 dbt test(s) failed:\nnever_null_fct_journeys" in told
    assert f"\n  journey_id = {journey_id}, " in told
    assert told.endswith("outcome_code = null")


@pytest.mark.parametrize(
    "wrong",
    [
        "update {table} set reached_count = reached_count + 1 where rowid = 0",
        "delete from {table} where dimension_code = 'device' and rowid % 2 = 0",
        "delete from {table}",
    ],
)
def test_members_that_do_not_add_up_to_their_funnel_are_refused(
    built: Callable[[int], Built], warehouse: Warehouse, wrong: str
) -> None:
    _, marts = built(1)
    warehouse.restore(marts)
    load_project(warehouse.settings)
    chosen = ["assert_breakdowns_add_up"]
    assert statuses(chosen) == ["pass"]
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(wrong.format(table="marts.fct_event_funnel_breakdowns"))
    assert statuses(chosen) == ["fail"]


@pytest.mark.parametrize(
    "wrong",
    [
        "update {} set duplicate_count = duplicate_count + 1 where rowid = 0",
        "update {} set unvalued_count = unvalued_count + 1 where rowid = 0",
        "delete from {}",
    ],
)
def test_outcomes_that_hold_other_than_their_journeys_are_refused(
    built: Callable[[int], Built], warehouse: Warehouse, wrong: str
) -> None:
    _, marts = built(1)
    warehouse.restore(marts)
    load_project(warehouse.settings)
    chosen = ["assert_totals_count_every_row"]
    assert statuses(chosen) == ["pass"]
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(wrong.format("marts.fct_journey_outcomes"))
    assert statuses(chosen) == ["fail"]


@pytest.mark.parametrize(
    "more",
    [
        "marts.fct_recovery_queue (recovery_rate) values (null)",
        "marts.fct_recovery_queue (recovery_rate) values (0)",
        "marts.fct_unrecorded_inquiries (is_unrecorded) values (true)",
    ],
)
def test_a_row_that_its_total_does_not_hold_is_refused(
    built: Callable[[int], Built], warehouse: Warehouse, more: str
) -> None:
    _, marts = built(1)
    warehouse.restore(marts)
    load_project(warehouse.settings)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(f"insert into {more}")
    assert statuses(["assert_totals_count_every_row"]) == ["fail"]


def statuses(chosen: list[str]) -> list[str]:
    return [each.status for each in build(chosen, "eager", False, lambda _: None)]
