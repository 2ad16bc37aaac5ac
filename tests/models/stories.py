"""Deals told in short, as rows of the plain source, and a registry of made-up codes."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]
PIPELINE = "p"


def changes(deal_id: str, *moves: str, **columns: Any) -> list[Row]:
    """Stage changes of one deal; a move is "<time> <stage>", or a stage alone."""
    return [change(deal_id, move, **columns) for move in moves]


def change(deal_id: str | None, move: str, **columns: Any) -> Row:
    time, _, stage = move.rpartition(" ")
    row = {"deal_id": deal_id, "lead_id": None, "source_pipeline": PIPELINE}
    return {**row, "source_stage": stage, "changed_at": time, **columns}


def deal(deal_id: str, stage: str, **columns: Any) -> Row:
    """A deal as an extract shows it."""
    row = {"deal_id": deal_id, "source_pipeline": PIPELINE, "source_stage": stage}
    return {**row, **columns}


def stage(code: str, order: int, *, pipeline: str = PIPELINE, **columns: Any) -> Row:
    """A stage of the registry, open unless said otherwise."""
    return {
        "pipeline_code": pipeline,
        "stage_code": code,
        "stage_name": code,
        "stage_order": order,
        "actor_code": "customer",
        "trigger_name": "",
        "outcome_code": "open",
        "probability": None,
        "stale_after_days": None,
        "valid_from": None,
        "valid_to": None,
        **columns,
    }


def alias(written: str, code: str, *, pipeline: str = PIPELINE, **columns: Any) -> Row:
    """A spelling of the plain source, in the source's pipeline of the same name."""
    return {
        "source_code": "plain",
        "source_pipeline": pipeline,
        "source_stage": written,
        "pipeline_code": pipeline,
        "stage_code": code,
        "is_ignored": False,
        "valid_from": None,
        "valid_to": None,
        **columns,
    }


def registry(
    stages: Sequence[Row], aliases: Sequence[Row] = ()
) -> dict[str, list[Row]]:
    """Seeds of these stages alone; a code is its own spelling, besides `aliases`."""
    own = {(row["pipeline_code"], row["stage_code"]) for row in stages}
    spelled = {(row["source_pipeline"], row["source_stage"]) for row in aliases}
    return {
        "stages": list(stages),
        "stage_aliases": [
            *(alias(code, code, pipeline=name) for name, code in sorted(own - spelled)),
            *aliases,
        ],
        **funnels(stages),
        "segments": [],
        "segment_rules": [],
        "channels": [],
        "inquiries": [],
        "origins": [],
        "followups": [],
        "plays": [],
        "qualified_stages": [],
        "scoring_rules": [],
        "experiments": [],
        "targets": [],
    }


def funnels(stages: Sequence[Row]) -> dict[str, list[Row]]:
    """A funnel a pipeline, named like it, with a step a stage that is no loss."""
    steps: dict[str, list[str]] = {}
    for row in sorted(
        stages, key=lambda row: (row["pipeline_code"], row["stage_order"])
    ):
        codes = steps.setdefault(row["pipeline_code"], [])
        if row["outcome_code"] != "lost" and row["stage_code"] not in codes:
            codes.append(row["stage_code"])
    return {
        "funnels": [_funnel(pipeline) for pipeline in steps],
        "funnel_steps": [
            _step(pipeline, order, code)
            for pipeline, codes in steps.items()
            for order, code in enumerate(codes, start=1)
        ],
    }


def segments_by_product(*products: str) -> dict[str, list[Row]]:
    """A segment a product, so that a mart by segment shows a few deals alone."""
    rule = {"group_number": 1, "feature_code": "product_code", "operator_code": "="}
    return {
        "segments": [
            {
                "segment_code": code,
                "segment_name": code,
                "priority": 1,
                "landmark_days": 0,
            }
            for code in products
        ],
        "segment_rules": [
            {"segment_code": code, **rule, "value": code} for code in products
        ],
    }


def by(rows: Sequence[Mapping[str, Any]], *keys: str) -> dict[Any, Mapping[str, Any]]:
    """Rows by their key: a value, or a tuple of values."""
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows), f"{keys} are no key"
    return {key[0] if len(keys) == 1 else key: row for key, row in found.items()}


def _funnel(pipeline: str) -> Row:
    return {
        "funnel_code": pipeline,
        "pipeline_code": pipeline,
        "segment_code": None,
        "kind_code": "stage",
        "unit_code": "journey",
        "mode_code": None,
        "window_seconds": None,
        "attribution_code": None,
        "entry_from": None,
        "entry_to": None,
    }


def _step(pipeline: str, order: int, code: str) -> Row:
    return {
        "funnel_code": pipeline,
        "step_order": order,
        "step_code": code,
        "match_kind": "stage",
        "match_code": code,
        "property_name": None,
        "property_value": None,
        "from_step": None,
        "to_step": None,
    }
