"""Every row is in an account, and an account that does not close stops the night."""

import os
from dataclasses import replace
from unittest.mock import patch

import duckdb
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from dagster_project.paths import Paths
from dagster_project.transforming import build, load_project
from tests.models.stories import alias, registry, stage
from tests.warehouse import Files, Marts, Warehouse

STAGES = [stage("a", 1), stage("w", 2, outcome_code="won")]
ALIASES = [alias("a", "a"), alias("w", "w")]
ACCOUNTS = ("int_raw_accounts", "int_record_accounts", "dq_reconciliations")
FILES: Files = {
    "plain/deals_2026-01-31.csv": (
        "deal_id,source_stage,created_at\nd1,a,2026-01-01\nd2,a,2026-01-02\n,a,\n"
    ),
    "plain/deals_2026-02-28.csv": "deal_id,source_stage\nd1,w\n",
    "plain/stage_changes_2026-02-28.csv": (
        "deal_id,source_stage,changed_at\n"
        "d1,a,2026-01-01\nd1,a,2026-01-01\nd1,w,2026-02-01\nd2,a,2026-01-02\n"
        "d3,a,2026-01-03\n"
        ",a,2026-01-04\n"  # of no record at all
    ),
    "plain/leads_2026-01-31.csv": "lead_id,created_at\nl1,2026-01-01\nl1,2026-01-01\n",
    "plain/contacts_2026-01-31.csv": "contact_id,email\nc1,x@y.z\n,z@y.z\nc1,x@y.z\n",
    "plain/deal_changes_2026-01-31.csv": (
        "deal_id,field_code,value,changed_at\n"
        "d1,amount,5,2026-01-01\nd1,amount,5,2026-01-01\nd1,amount,7,\n"
        "d9,amount,1,2026-01-01\n"
    ),
    "plain/activities_2026-01-31.csv": (
        "activity_id,source_event,occurred_at\na1,call,2026-01-01\n"
    ),
    "plain/web_events_2026-01-31.jsonl": (
        '{"event_id": "e1", "source_event": "page", "occurred_at": "2026-01-01"}\n'
        '{"event_id": null, "source_event": "page", "occurred_at": "2026-01-01"}\n'
        '{"event_id": "", "source_event": "page", "occurred_at": "2026-01-01"}\n'
    ),
    "plain/orders_2026-01-31.csv": "order_id,ordered_at\no1,2026-01-01\n",
    "plain/spend_2026-01-31.csv": "spend_date,channel,amount\n2026-01-01,m,1\n",
}


@pytest.fixture(scope="module")
def told(warehouse: Warehouse) -> Marts:
    seeds = registry(STAGES, ALIASES)
    return warehouse.build(FILES, seeds=seeds, models=("dq_reconciliations",))


def account(marts: Marts, check_code: str) -> tuple[int, int]:
    counts = marts(
        "select expected_count, actual_count from marts.dq_reconciliations"
        " where check_code = ?",
        check_code,
    )
    return (counts[0][0], counts[0][1]) if counts else (0, 0)


def test_every_account_closes_whatever_is_missing_in_rows(told: Marts) -> None:
    assert not told("from marts.dq_reconciliations where difference_count <> 0")


@pytest.mark.parametrize(
    ("check_code", "rows"),
    [
        ("files_landed", 25),
        ("landed_in_lake", 21),
        *(("raw_in_deals", 3), ("deals_known", 3)),
        *(("raw_in_stage_changes", 6), ("stage_changes_in_ledger", 6)),
        *(("raw_in_leads", 2), ("leads_known", 2)),
        *(("raw_in_contacts", 2), ("contacts_in_persons", 2)),
        *(("raw_in_deal_changes", 4), ("deal_changes_known", 4)),
        *(("raw_in_activities", 1), ("raw_in_web_events", 1)),
        *(("actions_in_stream", 2), ("web_events_in_sessions", 1)),
        *(("raw_in_orders", 1), ("raw_in_spend", 1)),
        ("published_in_fct_stage_transitions", 4),
        ("published_in_fct_journeys", 4),
    ],
)
def test_an_account_is_of_the_rows_that_came(
    told: Marts, check_code: str, rows: int
) -> None:
    assert account(told, check_code) == (rows, rows)


def test_a_stage_change_of_no_record_makes_no_journey(told: Marts) -> None:
    assert told(
        "select count(*), count(coalesce(deal_id, lead_id)) from marts.fct_journeys"
    ) == [(4, 4)]


def open_accounts(warehouse: Warehouse) -> dict[str, int]:
    """Accounts drawn up again: those that do not close, and by how much."""
    settings = replace(warehouse.settings, sources=("plain",))
    with patch.dict(os.environ):
        load_project(settings)
        assert not [
            o for o in build(ACCOUNTS, "empty", False, lambda _: None) if o.is_fault
        ]
    rows = warehouse.rows(
        "from marts.dq_reconciliations where difference_count <> 0 order by check_code"
    )
    return {row["check_code"]: row["difference_count"] for row in rows}


@pytest.mark.parametrize(
    ("tampering", "check_code", "difference"),
    [
        ("marts.fct_journeys where deal_id = 'd1'", "published_in_fct_journeys", 1),
        (
            "marts.fct_stage_transitions where deal_id = 'd1'",
            "published_in_fct_stage_transitions",
            2,
        ),
        ("intermediate.int_deals where deal_id = 'd1'", "deals_known", 1),
        ("intermediate.int_leads", "leads_known", 1),
        ("intermediate.int_persons", "contacts_in_persons", 1),
        (
            "intermediate.int_deal_changes where deal_id = 'd9'",
            "deal_changes_known",
            1,
        ),
    ],
)
def test_a_table_that_lost_a_row_does_not_close(
    warehouse: Warehouse, told: Marts, tampering: str, check_code: str, difference: int
) -> None:
    warehouse.restore(told)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(f"delete from {tampering}")
    assert open_accounts(warehouse)[check_code] == difference


def test_a_staging_model_that_filters_or_doubles_rows_does_not_close(
    warehouse: Warehouse, told: Marts
) -> None:
    for change, difference in (
        ("where deal_id <> 'd1'", 2),
        ("cross join range(2)", -3),
    ):
        warehouse.restore(told)
        with duckdb.connect(str(warehouse.file)) as connection:
            [(view,)] = connection.execute(
                "select sql from duckdb_views() where view_name = 'stg_plain__deals'"
            ).fetchall()
            body = view.partition(" AS ")[2].rstrip("; \n")
            connection.execute(
                "create or replace view staging.stg_plain__deals as "
                f"select told.* from ({body}) as told {change}"
            )
        assert open_accounts(warehouse)["raw_in_deals"] == difference


def test_a_lake_that_lost_rows_does_not_close(
    warehouse: Warehouse, told: Marts
) -> None:
    warehouse.restore(told)
    [path] = Paths.of(warehouse.settings).lake.glob(
        "plain/leads/_batch_id=n*/*.parquet"
    )
    whole = path.read_bytes()
    pq.write_table(pq.read_table(path, partitioning=None).slice(0, 1), path)
    found = open_accounts(warehouse)
    path.write_bytes(whole)
    assert found["landed_in_lake"] == 1
