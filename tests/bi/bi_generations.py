"""A builder of published generations: the contract's tables, rows given by the test."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dagster_project.paths import DBT

Rows = Sequence[Mapping[str, Any]]
Publish = Callable[..., Path]

TYPES = {"string": "varchar"}
# Run records are no models, so no contract states their types.
RECORDS = {
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


def _contracts() -> dict[str, str]:
    """Each mart's columns and types, as its contract states them."""
    found: dict[str, str] = {}
    for path in sorted((DBT / "models" / "marts").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        for model in yaml.load(text, yaml.CSafeLoader)["models"]:
            columns = (
                f"{each['name']} {TYPES.get(each['data_type'], each['data_type'])}"
                for each in model["columns"]
            )
            found[model["name"]] = ", ".join(columns)
    return found


TABLES = _contracts() | RECORDS

# Marts of nothing but another's rows, counted; their models are selects of it.
TOTALS = ("fct_journey_outcomes", "fct_recovery_reasons", "fct_inquiry_months")

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
        connection.execute("begin; create schema marts")
        for name, columns in TABLES.items():
            if name not in without:
                connection.execute(f"create table marts.{name} ({columns})")
                _insert(connection, name, tables.get(name, ()))
        for name in {*TOTALS} - {*tables, *without}:
            _count(connection, name)
        connection.execute("commit")
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


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    model = (DBT / "models" / "marts" / f"{name}.sql").read_text(encoding="utf-8")
    counted = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"marts.\1", model)
    connection.execute(f"insert into marts.{name} by name {counted}")


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
        "unpriced_count": 0,
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


def a_quota(**values: Any) -> dict[str, Any]:
    return {
        "period_start": "2024-04-01",
        "period_code": "month",
        "pipeline_code": "all",
        "owner_id": "all",
        "team_code": "all",
        "metric_code": "won_amount",
        "target_value": 1000.0,
        "won_count": 4,
        "unvalued_count": 0,
        "won_value": 600.0,
        "attainment_rate": 0.6,
        "remaining_value": 400.0,
        "weighted_value": 400.0,
        "coverage_rate": 1.0,
        "missing_value": 0.0,
        "deals_needed_count": 0,
        "period_end": "2024-05-01",
        "is_ended": False,
    } | values


def a_change(**values: Any) -> dict[str, Any]:
    """A conversion that can be held against the month before."""
    tested = {
        "cohort_month": "2024-03-01",
        "previous_month_rate": 0.25,
        "rate_change": 0.15,
        "change_p_value": 0.001,
        "change_q_value": 0.01,
        "comparisons_count": 3,
        "is_change_significant": True,
    }
    return a_conversion(**tested) | values


def a_stop(**values: Any) -> dict[str, Any]:
    return {
        "pipeline_code": "p",
        "segment_code": "all",
        "stage_code": "a",
        "to_stage_code": "b",
        "horizon_days": 60,
        "compared_code": "earlier",
        "visits_count": 50,
        "open_count": 10,
        "stale_count": 4,
        "median_seconds": 129_600.0,
        "waiting_share": 0.75,
        "advanced_count": 20,
        "lost_count": 18,
        "elsewhere_count": 2,
        "advancing_rate": 0.5,
        "leaving_rate": 0.45,
        "conversion_rate": 0.5,
        "earlier_rate": 0.52,
        "worst_drop": 0.02,
        "is_worst_drop": True,
        "is_longest_wait": True,
    } | values


def a_play(**values: Any) -> dict[str, Any]:
    return {
        "pipeline_code": "p",
        "horizon_days": 90,
        "scenario_code": "alone",
        "play_code": "call_soon",
        "place": 1,
        "summed_gain": 5.0,
        "wins_factor": 1.25,
        "base_wins_count": 40,
        "wins": 50.0,
        "added_wins": 10.0,
        "base_amount": 400.0,
        "amount": 500.0,
        "added_amount": 100.0,
    } | values


def a_chance(**values: Any) -> dict[str, Any]:
    """A journey worth going back to."""
    return {
        "journey_id": "j",
        "pipeline_code": "p",
        "stage_code": "a",
        "reason_code": "silent",
        "missed_stage_code": "b",
        "play_names": "Call soon",
        "home_amount": 100.0,
        "recovery_rate": 0.25,
        "expected_amount": 25.0,
    } | values


def a_warning(**values: Any) -> dict[str, Any]:
    return {
        "period_start": "2024-06-01",
        "period_code": "month",
        "pipeline_code": "p",
        "owner_id": "all",
        "team_code": "all",
        "metric_code": "won_count",
        "volume_kind": "stage",
        "volume_code": "a",
        "warning_text": "A 38 % under what June 2024 needs",
        "due_count": 50.0,
        "actual_count": 31,
        "shortfall_share": 0.38,
        "is_warning": True,
    } | values


def an_inquiry(**values: Any) -> dict[str, Any]:
    return {
        "event_id": "e",
        "event_kind": "web",
        "source_code": "site",
        "event_code": "asked",
        "record_code": "missing",
        "inquiry_month": "2024-04-01",
        "answered_at": None,
        "is_unrecorded": True,
    } | values


def a_forecast(**values: Any) -> dict[str, Any]:
    return {
        "forecast_date": "2024-04-30",
        "pipeline_code": "p",
        "stage_code": "all",
        "segment_code": "all",
        "close_code": "month",
        "expected_close_month": "2024-05-01",
        "open_count": 5,
        "overdue_count": 0,
        "open_amount": 500.0,
        "stated_amount": 300.0,
        "measured_amount": 200.0,
        "measured_amount_low": 100.0,
        "measured_amount_high": 350.0,
        "is_as_of": True,
    } | values


def a_band(**values: Any) -> dict[str, Any]:
    """A tenth of probability in a forecast of a past month."""
    return {
        "forecast_month": "2024-01-01",
        "probability_code": "measured",
        "pipeline_code": "p",
        "band_code": "30",
        "forecasts_count": 20,
        "won_count": 7,
        "lost_count": 12,
        "open_count": 1,
        "mean_probability": 0.35,
        "observed_rate": 0.37,
        "observed_rate_low": 0.2,
        "observed_rate_high": 0.58,
        "is_mature": False,
    } | values


def a_loss(**values: Any) -> dict[str, Any]:
    return {
        "lost_month": "2024-02-01",
        "pipeline_code": "p",
        "segment_code": "s",
        "stage_code": "a",
        "loss_reason_code": "too_dear",
        "missed_stage_code": "b",
        "lost_count": 3,
        "unvalued_count": 0,
        "lost_amount": 90.0,
    } | values


def a_channel(**values: Any) -> dict[str, Any]:
    return {
        "period_code": "all",
        "channel_code": "all",
        "attribution_code": "stated",
        "horizon_days": 90,
        "spend_amount": 1000.0,
        "leads": 100.0,
        "qualified_leads": 50.0,
        "customers": 10.0,
        "unvalued_customers": 0.0,
        "won_amount": 3000.0,
        "cost_per_lead": 10.0,
        "cost_per_qualified_lead": 20.0,
        "cost_per_customer": 100.0,
        "return_on_spend": 2.0,
        "conversion_rate": 0.1,
        "is_mature": False,
    } | values


def a_proof(**values: Any) -> dict[str, Any]:
    return {
        "pipeline_code": "p",
        "stage_code": "a",
        "owner_id": "all",
        "evidence_code": "proven",
        "horizon_days": 90,
        "journeys_count": 30,
        "watched_count": 20,
        "converted_count": 10,
        "conversion_rate": 0.5,
        "conversion_rate_low": 0.3,
        "conversion_rate_high": 0.7,
    } | values


def a_variant(**values: Any) -> dict[str, Any]:
    return {
        "pipeline_code": "p",
        "segment_code": "all",
        "variant_kind_code": "sequence",
        "variant_name": "looked > asked",
        "horizon_days": 90,
        "journeys_count": 30,
        "journeys_share": 0.6,
        "watched_count": 20,
        "converted_count": 10,
        "conversion_rate": 0.5,
        "conversion_rate_low": 0.3,
        "conversion_rate_high": 0.7,
        "others_conversion_rate": 0.2,
        "difference_q_value": 0.01,
        "is_difference_significant": True,
    } | values


def a_move(**values: Any) -> dict[str, Any]:
    """A closed figure that is otherwise now."""
    return {
        "generation": "g000001",
        "table_name": "fct_monthly_throughput",
        "figure_key": "{}",
        "column_name": "won_count",
        "reason_code": "late_row",
        "first_value": 4.0,
        "value": 5.0,
        "delta": 1.0,
        "journeys_affected_count": 1,
        "as_of": "2024-04-30 23:59:59",
    } | values


SEGMENTS: Rows = [
    {"segment_code": "s", "segment_name": "Seekers"},
    {"segment_code": "t", "segment_name": "Takers"},
]


def everything() -> dict[str, Rows]:
    """Rows of every mart that the report reads, so that each of its charts is drawn."""
    months = ("2024-01-01", "2024-02-01", "2024-03-01")
    steps = [("a", 10, 9), ("b", 10, 6), ("c", 10, 3)]
    return {
        "dim_stages": STAGES,
        "dim_segments": SEGMENTS,
        "dim_plays": [{"play_code": "call_soon", "play_name": "Call soon"}],
        "dim_loss_reasons": [
            {"loss_reason_code": "no_time", "loss_reason_name": "Had no time"}
        ],
        "fct_journeys": [a_journey(), a_journey(outcome_code="bad")],
        "fct_segment_funnels": [
            a_step(
                step_order=place,
                step_code=code,
                segment_code=segment,
                entered_count=entered,
                reached_count=reached,
            )
            for segment in ("all", "s", "t")
            for place, (code, entered, reached) in enumerate(steps, start=1)
        ],
        "fct_monthly_conversions": [
            *(a_conversion(cohort_month=month) for month in months[:2]),
            a_change(target_rate=0.5),
        ],
        "fct_stage_snapshots": [a_snapshot(), a_snapshot(snapshot_date="2024-04-29")],
        "fct_target_attainment": [a_quota()],
        "fct_early_warnings": [a_warning()],
        "fct_bottlenecks": [a_stop()],
        "fct_uplift_scenarios": [
            a_play(),
            a_play(scenario_code="together", play_code="all"),
        ],
        "fct_recovery_queue": [a_chance(), a_chance(play_names=None)],
        "fct_unrecorded_inquiries": [
            an_inquiry(),
            an_inquiry(is_unrecorded=False, record_code="in_time"),
        ],
        "fct_pipeline_forecast": [
            a_forecast(close_code="all", expected_close_month=None),
            a_forecast(),
            a_forecast(expected_close_month="2024-03-01"),
        ],
        "fct_forecast_calibration": [a_band(), a_band(probability_code="stated")],
        "fct_loss_reasons": [a_loss(), a_loss(loss_reason_code="no_time")],
        "fct_channel_performance": [a_channel(), a_channel(channel_code="web")],
        "fct_stage_evidence": [a_proof(), a_proof(evidence_code="seller_only")],
        "fct_journey_variants": [a_variant(), a_variant(variant_name="asked")],
        "fct_restatements": [a_move()],
        "dq_load_audit": [a_file()],
        "dq_gate_results": [a_verdict()],
        "dq_run_stats": [
            {
                "night_code": "r000001",
                "step_code": "mart",
                "node_name": "fct_journeys",
                "resource_type": "model",
                "duration_seconds": 1.5,
                "rows_count": 10,
                "memory_bytes": 2**20,
            }
        ],
    }
