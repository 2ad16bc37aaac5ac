"""What people decide about the random facts, beside stages, segments and funnels."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.oracle.generate import MIDDLE

Row = dict[str, Any]


def decisions() -> dict[str, Sequence[Row]]:
    """What people decide of the first pipeline, so that marts about it hold rows."""
    pipeline = "p1"
    return {
        "inquiries": [{"event_code": "form", "lead_within_days": 30}],
        "origins": [
            {
                "origin_code": "talked",
                "origin_name": "Talked to us",
                "match_kind": "event",
                "match_code": "form",
                "is_brought_by_customers": False,
            }
        ],
        "followups": [{"event_code": "view", "followup_name": "Looked again"}],
        "plays": [
            {
                "play_code": "call",
                "pipeline_code": pipeline,
                "stage_code": "c",
                "leave_reason": "Nobody called",
                "play_name": "Call them",
                "gain": 5,
                "gain_unit": "percent",
            }
        ],
        "qualified_stages": [{"pipeline_code": pipeline, "stage_code": "b"}],
        "scoring_rules": [
            {
                "rule_code": "looked",
                "kind_code": "behaviour",
                "feature_code": "view_count",
                "operator_code": ">=",
                "value": 1,
                "points": 10,
            }
        ],
        "experiments": [
            {
                "experiment_code": "form",
                "experiment_name": "A shorter form",
                "pipeline_code": pipeline,
                "segment_code": "all",
                "from_stage_code": "a",
                "to_stage_code": "b",
                "horizon_days": 30,
                "started_on": MIDDLE,
                "ended_on": date(MIDDLE.year, 7, 1),
                "control_segment_code": None,
                "expected_difference": 0.1,
            }
        ],
        "targets": [
            {
                "period_start": first_day,
                "period_code": "quarter",
                "pipeline_code": pipeline,
                "owner_id": None,
                "team_code": None,
                "metric_code": metric,
                "from_stage_code": None,
                "to_stage_code": "b" if metric == "entered_count" else None,
                "horizon_days": None,
                "target_value": 50,
            }
            for metric in ("won_count", "entered_count")
            for first_day in (date(2024, 4, 1), date(2025, 1, 1), date(2025, 4, 1))
        ],
    }
