"""A builder of published generations: the contract's tables, rows given by the test."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

Rows = Sequence[Mapping[str, Any]]
Publish = Callable[..., Path]

TABLES = {
    "dim_stages": """
        pipeline_code varchar, stage_code varchar, stage_name varchar,
        stage_order integer, outcome_code varchar, valid_from date, valid_to date,
        is_won boolean, is_lost boolean""",
    "dim_segments": "segment_code varchar, segment_name varchar",
    "fct_journeys": """
        journey_id varchar, pipeline_code varchar, segment_code varchar,
        outcome_code varchar, home_amount double, is_duplicate boolean,
        is_deleted boolean""",
    "fct_segment_funnels": """
        funnel_code varchar, pipeline_code varchar, cohort_month date,
        segment_code varchar, channel_code varchar, step_order integer,
        step_code varchar, entered_count bigint, touched_count bigint,
        reached_count bigint, reached_by_skip_count bigint,
        reached_by_entry_count bigint, in_order_count bigint, is_mature boolean""",
    "fct_monthly_conversions": """
        cohort_month date, pipeline_code varchar, segment_code varchar,
        channel_code varchar, from_stage_code varchar, to_stage_code varchar,
        horizon_days integer, entered_count bigint, converted_count bigint,
        lost_count bigint, transferred_count bigint, open_count bigint,
        conversion_rate double, conversion_rate_low double,
        conversion_rate_high double, cumulative_incidence double,
        cumulative_incidence_low double, cumulative_incidence_high double,
        is_mature boolean, is_left_truncated boolean, rate_change double,
        change_q_value double, is_change_significant boolean""",
    "fct_stage_snapshots": """
        snapshot_date date, pipeline_code varchar, stage_code varchar,
        segment_code varchar, open_count bigint, open_amount double""",
    "dq_load_audit": """
        source_code varchar, table_name varchar, file_name varchar,
        status_code varchar, physical_count bigint, landed_count bigint,
        rejected_count bigint, erased_count bigint, message varchar""",
    "dq_run_stats": """
        night_code varchar, step_code varchar, node_name varchar,
        resource_type varchar, status_code varchar, rows_count bigint,
        duration_seconds double, memory_bytes bigint""",
    "dq_gate_results": """
        night_code varchar, gate_code varchar, rule_code varchar,
        severity_code varchar, is_passed boolean, is_blocking boolean,
        unexpected_count bigint, checked_count bigint, message varchar,
        offenders varchar""",
}

MANIFEST = {
    "generation": "g000001",
    "as_of": "2024-04-30T23:59:59",
    "home_currency": "EUR",
    "timezone": "Europe/Vienna",
    "data_through": {"crm": "2024-04-30T23:59:59", "silent": ""},
}

STAGES: Rows = [
    {
        "pipeline_code": "p",
        "stage_code": code,
        "stage_name": code.upper(),
        "stage_order": order,
        "outcome_code": outcome,
        "is_won": outcome == "good",
        "is_lost": outcome == "bad",
    }
    for order, (code, outcome) in enumerate(
        [("a", "going"), ("b", "going"), ("c", "good"), ("z", "bad")], start=1
    )
]


def write_generation(
    folder: Path, tables: Mapping[str, Rows], without: Sequence[str] = ()
) -> Path:
    """Write the DuckDB file and the manifest of a generation that holds these rows."""
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "funnelhouse.duckdb")) as connection:
        connection.execute("create schema marts")
        for name, columns in TABLES.items():
            if name not in without:
                connection.execute(f"create table marts.{name} ({columns})")
                _insert(connection, name, tables.get(name, ()))
    text = json.dumps(MANIFEST)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    for row in rows:
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into marts.{name} ({', '.join(row)}) values ({marks})",
            list(row.values()),
        )


def a_journey(**values: Any) -> dict[str, Any]:
    return {
        "journey_id": "j",
        "pipeline_code": "p",
        "segment_code": "s",
        "outcome_code": "good",
        "home_amount": 100.0,
        "is_duplicate": False,
        "is_deleted": False,
    } | values


def a_step(**values: Any) -> dict[str, Any]:
    return {
        "funnel_code": "f",
        "pipeline_code": "p",
        "cohort_month": "2024-01-01",
        "segment_code": "all",
        "channel_code": "all",
        "step_order": 1,
        "step_code": "a",
        "entered_count": 10,
        "touched_count": 7,
        "reached_count": 9,
        "reached_by_skip_count": 2,
        "reached_by_entry_count": 0,
        "in_order_count": 6,
        "is_mature": True,
    } | values


def a_conversion(**values: Any) -> dict[str, Any]:
    return {
        "cohort_month": "2024-01-01",
        "pipeline_code": "p",
        "segment_code": "all",
        "channel_code": "all",
        "from_stage_code": "a",
        "to_stage_code": "c",
        "horizon_days": 90,
        "entered_count": 10,
        "converted_count": 4,
        "lost_count": 3,
        "transferred_count": 1,
        "open_count": 2,
        "conversion_rate": 0.4,
        "conversion_rate_low": 0.2,
        "conversion_rate_high": 0.6,
        "cumulative_incidence": 0.4,
        "is_mature": True,
        "is_left_truncated": False,
    } | values


def a_snapshot(**values: Any) -> dict[str, Any]:
    return {
        "snapshot_date": "2024-04-30",
        "pipeline_code": "p",
        "stage_code": "a",
        "segment_code": "s",
        "open_count": 5,
        "open_amount": 50.0,
    } | values


def a_verdict(**values: Any) -> dict[str, Any]:
    return {
        "night_code": "r000001",
        "gate_code": "marts",
        "rule_code": "r",
        "severity_code": "block",
        "is_passed": True,
        "is_blocking": False,
        "unexpected_count": 0,
        "checked_count": 4,
        "message": "",
        "offenders": "[]",
    } | values


def a_file(**values: Any) -> dict[str, Any]:
    return {
        "source_code": "crm",
        "table_name": "deal",
        "file_name": "crm/deal.csv",
        "status_code": "landed",
        "physical_count": 10,
        "landed_count": 9,
        "rejected_count": 1,
        "erased_count": 0,
        "message": "",
    } | values
