"""Which rule judges which projection, and how strictly (`seeds/gate_rules.csv`).

Holds no pandas and no Great Expectations: `check` reads it before any data is touched.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RULES_FILE: Final = "seeds/gate_rules.csv"
SEVERITIES: Final = ("block", "warn")

_STAGE_CODES = "gates.gate_stage_codes"
_ALIASES = "gates.gate_stage_aliases"
_LABELS = "gates.gate_stage_labels"
_SHARED = "gates.gate_shared_pipelines"
_SEED_CODES = "gates.gate_seed_codes"
_FILES = "gates.gate_files"
_EXTRACTS = "gates.gate_extracts"
_NULLS = "gates.gate_null_shares"
_CASTS = "gates.gate_castable_values"
_END_STATES = "gates.gate_end_states"
_OUTCOMES = "gates.gate_outcomes"
_MOVES = "gates.gate_stage_moves"
_RECONCILIATIONS = "marts.dq_reconciliations"
_MART_CODES = "gates.gate_mart_codes"
_COUNTED = "gates.gate_counted_stages"
_TARGET_OWNERS = "gates.gate_target_owners"
_RESTATEMENTS = "gates.gate_restatements"


class GateError(ValueError):
    """A gate that cannot judge; the message names what is missing and where."""


@dataclass(frozen=True)
class GateRule:
    """Where a rule looks.

    A rule that counts or takes a share tolerates `threshold`; one that reads a flag
    tolerates nothing.
    """

    gate_code: str
    projection: str
    takes_threshold: bool


@dataclass(frozen=True)
class Rule:
    """What a person decided about a rule: a row of `seeds/gate_rules.csv`."""

    rule_code: str
    severity_code: str
    threshold: float
    owner_name: str


GATE_RULES: Final[Mapping[str, GateRule]] = {
    "stage_codes_registered": GateRule("staging", _STAGE_CODES, True),
    "stage_codes_valid_at_date": GateRule("staging", _STAGE_CODES, True),
    "retired_stage_codes_unused": GateRule("staging", _STAGE_CODES, True),
    "no_new_stage_codes": GateRule("staging", _STAGE_CODES, True),
    "no_vanished_stage_codes": GateRule("staging", _STAGE_CODES, True),
    "aliases_are_a_function": GateRule("staging", _ALIASES, True),
    "aliases_name_registered_stages": GateRule("staging", _ALIASES, False),
    "stage_ids_have_one_label": GateRule("staging", _LABELS, True),
    "stage_flags_agree": GateRule("staging", _LABELS, False),
    "sources_of_a_pipeline_agree": GateRule("staging", _SHARED, False),
    "seed_codes_registered": GateRule("staging", _SEED_CODES, False),
    "rejected_share": GateRule("staging", _FILES, True),
    "files_whole": GateRule("staging", _FILES, False),
    "values_castable": GateRule("staging", _CASTS, True),
    "extracts_of_usual_volume": GateRule("staging", _EXTRACTS, True),
    "extracts_not_overdue": GateRule("staging", _EXTRACTS, True),
    "extract_keys_met_once": GateRule("staging", _EXTRACTS, True),
    "columns_filled_as_usual": GateRule("staging", _NULLS, True),
    "history_ends_in_current_stage": GateRule("marts", _END_STATES, True),
    "outcomes_agree": GateRule("marts", _OUTCOMES, True),
    "stage_order_as_seen": GateRule("marts", _MOVES, True),
    "stage_order_without_drift": GateRule("marts", _MOVES, True),
    "closed_journeys_reopen_by_name": GateRule("marts", _MOVES, True),
    "rows_accounted_for": GateRule("marts", _RECONCILIATIONS, True),
    "mart_codes_registered": GateRule("marts", _MART_CODES, False),
    "counted_stages_equal_the_ledger": GateRule("marts", _COUNTED, False),
    "target_owners_told": GateRule("marts", _TARGET_OWNERS, False),
    "restatements_explained": GateRule("marts", _RESTATEMENTS, True),
}

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    _STAGE_CODES: (
        "source_code",
        "source_pipeline",
        "source_stage",
        "first_seen_at",
        "last_seen_at",
        "changes_count",
        "deals_count",
        "unregistered_count",
        "invalid_at_date_count",
        "retired_count",
        "ends_on",
        "this_month",
        "this_month_count",
        "last_month_count",
        "new_count",
        "vanished_count",
        "example_file",
    ),
    _ALIASES: (
        "source_code",
        "source_pipeline",
        "source_stage",
        "valid_from",
        "valid_to",
        "overlaps_count",
        "is_stage_registered",
    ),
    _LABELS: (
        "source_code",
        "source_pipeline",
        "source_stage",
        "stage_code",
        "labels_count",
        "one_label",
        "other_label",
        "message",
        "is_agreed",
        "example_file",
    ),
    _SHARED: (
        "pipeline_code",
        "stage_code",
        "source_code",
        "changes_count",
        "example_source_code",
        "is_named",
        "example_file",
    ),
    _SEED_CODES: (
        "seed_name",
        "name",
        "pipeline_code",
        "code",
        "rows_count",
        "is_registered",
    ),
    _FILES: (
        "source_code",
        "table_name",
        "file_name",
        "status_code",
        "physical_count",
        "rejected_count",
        "rejected_share",
        "message",
    ),
    _EXTRACTS: (
        "source_code",
        "table_name",
        "extracted_at",
        "earlier_count",
        "rows_count",
        "least_count",
        "most_count",
        "median_count",
        "volume_share",
        "age_seconds",
        "longest_gap_seconds",
        "overdue_share",
        "repeated_share",
        "usual_repeated_share",
        "repeated_rise_share",
        "example_file",
    ),
    _NULLS: (
        "source_code",
        "table_name",
        "column_name",
        "earlier_count",
        "rows_count",
        "null_count",
        "null_share",
        "usual_null_share",
        "null_rise_share",
        "example_file",
    ),
    _CASTS: (
        "source_code",
        "object_name",
        "column_name",
        "values_count",
        "uncastable_count",
        "example_value",
        "example_file",
    ),
    _END_STATES: (
        "source_code",
        "source_pipeline",
        "deals_count",
        "differing_count",
        "differing_share",
        "example_deal_id",
        "example_file",
        "differing_deals",
    ),
    _OUTCOMES: (
        "source_code",
        "pipeline_code",
        "stage_code",
        "deals_count",
        "disagreeing_count",
        "example_deal_id",
        "example_file",
        "message",
    ),
    _MOVES: (
        "pipeline_code",
        "stage_code",
        "later_stage_code",
        "moves_count",
        "backward_count",
        "backward_share",
        "recent_count",
        "recent_backward_count",
        "quarter_count",
        "quarter_backward_count",
        "drift_share",
        "unreopened_count",
        "example_deal_id",
        "example_file",
    ),
    _RECONCILIATIONS: (
        "check_code",
        "scope",
        "expected_count",
        "actual_count",
        "difference_count",
    ),
    _MART_CODES: (
        "table_name",
        "column_name",
        "code",
        "rows_count",
        "is_registered",
    ),
    _COUNTED: (
        "table_name",
        "pipeline_code",
        "stage_code",
        "is_in_ledger",
        "is_counted",
        "is_in_both",
    ),
    _TARGET_OWNERS: (
        "name",
        "code",
        "rows_count",
        "is_told",
    ),
    _RESTATEMENTS: (
        "table_name",
        "column_name",
        "figures_count",
        "unexplained_count",
        "example_figure_key",
        "example_delta",
    ),
}


def _projections() -> dict[str, tuple[str, ...]]:
    gates = dict.fromkeys(rule.gate_code for rule in GATE_RULES.values())
    return {
        gate: tuple(
            dict.fromkeys(
                rule.projection
                for rule in GATE_RULES.values()
                if rule.gate_code == gate
            )
        )
        for gate in gates
    }


PROJECTIONS: Final[Mapping[str, tuple[str, ...]]] = _projections()


def rule_problem(rule_code: str, severity_code: str, threshold: str) -> str | None:
    """What is wrong with a row of `gate_rules.csv`, with what to do; else None."""
    if rule_code not in GATE_RULES:
        known = ", ".join(sorted(GATE_RULES))
        return f"rule_code {rule_code!r} belongs to no gate; use one of {known}"
    if severity_code not in SEVERITIES:
        return f"severity_code {severity_code!r} of {rule_code} must be block or warn"
    if not re.fullmatch(r"\d+(\.\d+)?", threshold):
        return f"threshold {threshold!r} of {rule_code} is no number of 0 or more"
    if float(threshold) and not GATE_RULES[rule_code].takes_threshold:
        return f"{rule_code} reads a flag and tolerates nothing: set threshold to 0"
    return None


def read_rules(path: Path) -> dict[str, Rule]:
    """Read `gate_rules.csv`, rules by code.

    Raises:
        GateError: a file, column or value that is missing or cannot be used.
    """
    if not path.is_file():
        raise GateError(f"{RULES_FILE} is missing; every rule needs a row there")
    rules: dict[str, Rule] = {}
    for line, row in _records(path):
        rule = _rule(row, line)
        if rule.rule_code in rules:
            where = f"{RULES_FILE} line {line}"
            raise GateError(f"{where}: {rule.rule_code} has two rows; keep one")
        rules[rule.rule_code] = rule
    return rules


def _records(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    """Records with the line each ends on."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GateError(f"{RULES_FILE} is not UTF-8; save it as CSV UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        where = f"{RULES_FILE} line {reader.line_num + 1}"
        raise GateError(f"{where}: {error}; look for a stray quote") from error


def _rule(row: Mapping[str, str | None], line: int) -> Rule:
    names = ("rule_code", "severity_code", "threshold", "owner_name")
    where = f"{RULES_FILE} line {line}"
    missing = [name for name in names if row.get(name) is None]
    if missing:
        raise GateError(f"{where}: no value for {', '.join(missing)}; fill it in")
    code, severity, threshold, owner = ((row[name] or "").strip() for name in names)
    problem = rule_problem(code, severity, threshold)
    if problem:
        raise GateError(f"{where}: {problem}")
    return Rule(code, severity, float(threshold), owner)
