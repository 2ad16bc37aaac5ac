"""Every expectation, shown failing on bad rows and passing on good ones."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import pandas as pd
import pytest

from dagster_project.settings import ROOT
from expectations import (
    COLUMNS,
    GATE_RULES,
    PROJECTIONS,
    GateError,
    GateResult,
    Rule,
    read_rules,
    validate,
    validation,
)

Row = dict[str, Any]

GOOD: Mapping[str, Row] = {
    "gates.gate_stage_codes": {
        "source_code": "s",
        "source_pipeline": "p",
        "source_stage": "one",
        "first_seen_at": datetime(2026, 6, 12, 10),
        "last_seen_at": datetime(2026, 6, 13),
        "changes_count": 12,
        "deals_count": 3,
        "unregistered_count": 0,
        "invalid_at_date_count": 0,
        "retired_count": 0,
        "ends_on": date(2026, 6, 1),
        "this_month": date(2026, 6, 1),
        "this_month_count": 5,
        "last_month_count": 7,
        "new_count": 0,
        "vanished_count": 0,
        "example_file": "s/changes/2026-06-12.csv",
    },
    "gates.gate_stage_aliases": {
        "source_code": "s",
        "source_pipeline": "p",
        "source_stage": "one",
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
        "overlaps_count": 0,
        "is_stage_registered": True,
    },
    "gates.gate_stage_labels": {
        "source_code": "s",
        "source_pipeline": "p",
        "source_stage": "one",
        "stage_code": "a",
        "labels_count": 1,
        "one_label": "First",
        "other_label": "First",
        "message": None,
        "is_agreed": True,
        "example_file": "s/labels.csv",
    },
    "gates.gate_shared_pipelines": {
        "pipeline_code": "p",
        "stage_code": "a",
        "source_code": "s",
        "changes_count": 9,
        "example_source_code": "r",
        "is_named": True,
        "example_file": "r/changes.csv",
    },
    "gates.gate_seed_codes": {
        "seed_name": "targets",
        "name": "to_stage_code",
        "pipeline_code": "p",
        "code": "a",
        "rows_count": 2,
        "is_registered": True,
    },
    "gates.gate_files": {
        "source_code": "s",
        "table_name": "t",
        "file_name": "s/t/2026-06-12.csv",
        "status_code": "landed",
        "physical_count": 1000,
        "rejected_count": 10,
        "rejected_share": 0.01,
        "message": "",
    },
    "gates.gate_extracts": {
        "source_code": "s",
        "table_name": "t",
        "extracted_at": datetime(2026, 6, 12),
        "earlier_count": 8,
        "rows_count": 100,
        "least_count": 80.0,
        "most_count": 120.0,
        "median_count": 100.0,
        "volume_share": 0.0,
        "age_seconds": 3600.0,
        "longest_gap_seconds": 86400.0,
        "overdue_share": 0.04,
        "repeated_share": 0.0,
        "usual_repeated_share": 0.0,
        "repeated_rise_share": 0.0,
        "example_file": "s/t/2026-06-12.csv",
    },
    "gates.gate_null_shares": {
        "source_code": "s",
        "table_name": "t",
        "column_name": "amount",
        "earlier_count": 8,
        "rows_count": 100,
        "null_count": 10,
        "null_share": 0.1,
        "usual_null_share": 0.1,
        "null_rise_share": 0.0,
        "example_file": "s/t/2026-06-12.csv",
    },
    "gates.gate_castable_values": {
        "source_code": "s",
        "object_name": "deals",
        "column_name": "amount",
        "values_count": 7,
        "uncastable_count": 0,
        "example_value": None,
        "example_file": None,
    },
    "gates.gate_end_states": {
        "source_code": "s",
        "source_pipeline": "p",
        "deals_count": 200,
        "differing_count": 0,
        "differing_share": 0.0,
        "example_deal_id": None,
        "example_file": None,
        "differing_deals": None,
    },
    "gates.gate_outcomes": {
        "source_code": "s",
        "pipeline_code": "p",
        "stage_code": "a",
        "deals_count": 5,
        "disagreeing_count": 0,
        "example_deal_id": None,
        "example_file": None,
        "message": "",
    },
    "gates.gate_stage_moves": {
        "pipeline_code": "p",
        "stage_code": "a",
        "later_stage_code": "b",
        "moves_count": 40,
        "backward_count": 4,
        "backward_share": 0.0,
        "recent_count": 20,
        "recent_backward_count": 2,
        "quarter_count": 20,
        "quarter_backward_count": 2,
        "drift_share": 0.0,
        "unreopened_count": 0,
        "example_deal_id": "d7",
        "example_file": "s/changes.csv",
    },
    "gates.gate_counted_stages": {
        "table_name": "fct",
        "pipeline_code": "p",
        "stage_code": "a",
        "is_in_ledger": True,
        "is_counted": True,
        "is_in_both": True,
    },
    "marts.dq_reconciliations": {
        "check_code": "files",
        "scope": "s.t",
        "expected_count": 5,
        "actual_count": 5,
        "difference_count": 0,
    },
    "gates.gate_mart_codes": {
        "table_name": "fct",
        "column_name": "stage_code",
        "code": "a",
        "rows_count": 4,
        "is_registered": True,
    },
    "gates.gate_target_owners": {
        "name": "owner_id",
        "code": "7",
        "rows_count": 2,
        "is_told": True,
    },
    "gates.gate_restatements": {
        "table_name": "fct",
        "column_name": "entered_count",
        "figures_count": 9,
        "unexplained_count": 0,
        "example_figure_key": None,
        "example_delta": None,
    },
}
MEASURES = {
    "stage_codes_registered": "unregistered_count",
    "stage_codes_valid_at_date": "invalid_at_date_count",
    "retired_stage_codes_unused": "retired_count",
    "no_new_stage_codes": "new_count",
    "no_vanished_stage_codes": "vanished_count",
    "stage_ids_have_one_label": "labels_count",
    "stage_flags_agree": "is_agreed",
    "sources_of_a_pipeline_agree": "is_named",
    "seed_codes_registered": "is_registered",
    "extracts_of_usual_volume": "volume_share",
    "extracts_not_overdue": "overdue_share",
    "extract_keys_met_once": "repeated_rise_share",
    "columns_filled_as_usual": "null_rise_share",
    "stage_order_as_seen": "backward_share",
    "stage_order_without_drift": "drift_share",
    "closed_journeys_reopen_by_name": "unreopened_count",
    "counted_stages_equal_the_ledger": "is_in_both",
    "target_owners_told": "is_told",
    "aliases_are_a_function": "overlaps_count",
    "aliases_name_registered_stages": "is_stage_registered",
    "rejected_share": "rejected_share",
    "files_whole": "status_code",
    "values_castable": "uncastable_count",
    "history_ends_in_current_stage": "differing_share",
    "outcomes_agree": "disagreeing_count",
    "rows_accounted_for": "difference_count",
    "mart_codes_registered": "is_registered",
    "restatements_explained": "unexplained_count",
}
BAD: Mapping[str, tuple[Row, str]] = {
    "stage_codes_registered": (
        {"unregistered_count": 12},
        "s: stage 'one' of pipeline 'p' is in no row of seeds/stage_aliases.csv "
        "(12 changes, 3 deals, first in s/changes/2026-06-12.csv)\n"
        "Add a row that maps it or one with is_ignored true. Owner: someone.",
    ),
    "stage_codes_valid_at_date": (
        {"invalid_at_date_count": 4},
        "used outside its dates of validity (4 of 12 changes, seen 2026-06-12 to "
        "2026-06-13, first in s/changes/2026-06-12.csv)",
    ),
    "retired_stage_codes_unused": (
        {"retired_count": 4},
        "s: stage 'one' of pipeline 'p' ended on 2026-06-01 and is used until "
        "2026-06-13 (4 of 12 changes, first in s/changes/2026-06-12.csv)\n"
        "Have the source give up the stage, or move valid_to",
    ),
    "no_new_stage_codes": (
        {"new_count": 5},
        "was never used before the month of 2026-06-01 (5 changes, first in "
        "s/changes/2026-06-12.csv)",
    ),
    "no_vanished_stage_codes": (
        {"vanished_count": 7},
        "is not used in the month of 2026-06-01, and the month before had 7 changes",
    ),
    "stage_ids_have_one_label": (
        {"labels_count": 2, "other_label": "Second"},
        "has 2 labels at one time, such as 'First' and 'Second' in s/labels.csv",
    ),
    "stage_flags_agree": (
        {"is_agreed": False, "message": "won there, not here"},
        "s: stage 'one' of pipeline 'p' is 'a': won there, not here (s/labels.csv)",
    ),
    "sources_of_a_pipeline_agree": (
        {"is_named": False},
        "pipeline 'p': s has no spelling of stage 'a', which r uses (9 changes, such "
        "as in r/changes.csv)",
    ),
    "seed_codes_registered": (
        {"is_registered": False, "code": "zz"},
        "seeds/targets.csv, to_stage_code: 'zz' is no code of pipeline 'p' (2 rows)",
    ),
    "extracts_of_usual_volume": (
        {"rows_count": 10, "volume_share": 0.875},
        "s.t: 10 rows in s/t/2026-06-12.csv, where the 8 extracts before it had 80 to "
        "120, half of them up to 100",
    ),
    "extracts_not_overdue": (
        {"age_seconds": 432000.0, "overdue_share": 5.0},
        "s.t: nothing for 5.0 days (last s/t/2026-06-12.csv), where extracts lay at "
        "most 1.0 days apart",
    ),
    "extract_keys_met_once": (
        {"repeated_share": 0.5, "repeated_rise_share": 0.5},
        "s.t: 50 % of the rows of s/t/2026-06-12.csv repeat a key, where 0 % is usual",
    ),
    "columns_filled_as_usual": (
        {"null_share": 0.9, "null_rise_share": 0.8},
        "s.t: column 'amount' is empty in 90 % of the rows of s/t/2026-06-12.csv, "
        "where 10 % is usual",
    ),
    "stage_order_as_seen": (
        {"backward_count": 30, "backward_share": 0.75},
        "pipeline 'p', stages 'a' and 'b': 30 of 40 moves go back to the earlier one, "
        "such as deal d7 in s/changes.csv",
    ),
    "stage_order_without_drift": (
        {"recent_backward_count": 12, "drift_share": 0.5},
        "12 of 20 moves of the last 30 days go back to the earlier one, 2 of 20 in the "
        "90 days before, such as deal d7 in s/changes.csv",
    ),
    "closed_journeys_reopen_by_name": (
        {"unreopened_count": 1},
        "1 of 40 moves leave a won or lost stage for an open one and are no reopening, "
        "such as deal d7 in s/changes.csv",
    ),
    "counted_stages_equal_the_ledger": (
        {"is_counted": False, "is_in_both": False},
        "fct: stage 'a' of pipeline 'p' is missing in fct",
    ),
    "target_owners_told": (
        {"is_told": False},
        "seeds/targets.csv, owner_id: no owner is '7' (2 rows)",
    ),
    "aliases_are_a_function": (
        {"overlaps_count": 1},
        "the row valid from 2026-01-01 to now on overlaps 1 other row in time",
    ),
    "aliases_name_registered_stages": (
        {"is_stage_registered": False},
        "the row valid from 2026-01-01 to now on leads to a stage that "
        "seeds/stages.csv lacks",
    ),
    "rejected_share": (
        {"rejected_count": 11, "rejected_share": 0.011, "message": "line 7 is short"},
        "s/t/2026-06-12.csv (s.t): 11 of 1,000 rows rejected, 1.1 % where 1 % is "
        "allowed: line 7 is short",
    ),
    "files_whole": (
        {"status_code": "refused", "message": "no header"},
        "s/t/2026-06-12.csv (s.t) is 'refused': no header",
    ),
    "values_castable": (
        {"uncastable_count": 2, "example_value": "n/a", "example_file": "s/d.csv"},
        "s: 2 of 7 values of deals.amount cannot be read, such as 'n/a' in s/d.csv",
    ),
    "history_ends_in_current_stage": (
        {
            "differing_count": 1,
            "differing_share": 0.005,
            "example_deal_id": "d7",
            "example_file": "s/d.csv",
        },
        "s: 1 of 200 deals of pipeline 'p' ended elsewhere than where they are, 0.5 % "
        "where 0 % is allowed, such as deal d7 in s/d.csv",
    ),
    "outcomes_agree": (
        {
            "disagreeing_count": 2,
            "example_deal_id": "d7",
            "example_file": "s/d.csv",
            "message": "closed early",
        },
        "s: 2 of 5 deals in stage 'a' of pipeline 'p' have another outcome than the "
        "stage, such as deal d7 in s/d.csv: closed early",
    ),
    "rows_accounted_for": (
        {"actual_count": 4, "difference_count": -1},
        "files (s.t): expected 5, found 4, difference -1",
    ),
    "mart_codes_registered": (
        {"is_registered": False, "code": "zz"},
        "fct.stage_code: code 'zz' in 4 rows is in no seed",
    ),
    "restatements_explained": (
        {
            "unexplained_count": 2,
            "example_figure_key": '{"month": "2026-01-01"}',
            "example_delta": -1.0,
        },
        "fct.entered_count: 2 of 9 published figures moved for no known reason, such "
        'as {"month": "2026-01-01"} by -1',
    ),
}
THRESHOLDS = {
    "rejected_share": 0.01,
    "stage_ids_have_one_label": 1.0,
    "extracts_not_overdue": 3.0,
}
Frames = dict[str, pd.DataFrame]


def rules(**thresholds: float) -> dict[str, Rule]:
    tolerated = {**THRESHOLDS, **thresholds}
    return {
        code: Rule(code, "block", tolerated.get(code, 0.0), "someone")
        for code in GATE_RULES
    }


def frames(gate: str, **changed: list[Row]) -> Frames:
    """A gate's frames: a good row each, and rows of one rule's projection beside it."""
    rows: dict[str, list[Row]] = {name: [GOOD[name]] for name in PROJECTIONS[gate]}
    for code, changes in changed.items():
        name = GATE_RULES[code].projection
        rows[name] = [*rows[name], *({**GOOD[name], **change} for change in changes)]
    return {name: pd.DataFrame(given) for name, given in rows.items()}


def judge(code: str, *changes: Row, **thresholds: float) -> GateResult:
    """One rule alone: a suite of all of them takes a second a case."""
    rule = GATE_RULES[code]
    gate, given = rule.gate_code, {code: list(changes)}
    alone = {"GATE_RULES": {code: rule}, "PROJECTIONS": {gate: (rule.projection,)}}
    with patch.multiple(validation, **alone):
        (result,) = validate(gate, frames(gate, **given), rules(**thresholds))
    return result


@pytest.mark.parametrize("gate", PROJECTIONS)
def test_good_rows_pass_every_rule_in_the_order_of_the_rules(gate: str) -> None:
    results = validate(gate, frames(gate), rules())
    assert [result.rule_code for result in results] == [
        code for code, rule in GATE_RULES.items() if rule.gate_code == gate
    ]
    for result in results:
        assert (result.passed, result.blocks) == (True, False), result.message
        assert (result.checked_count, result.unexpected_count) == (1, 0)
        assert result.offenders == []
        assert result.message.startswith("1 ")


@pytest.mark.parametrize("code", GATE_RULES)
def test_a_bad_row_fails_its_rule_and_the_message_names_it(code: str) -> None:
    change, message = BAD[code]
    result = judge(code, change)
    assert (result.passed, result.blocks) == (False, True)
    assert (result.checked_count, result.unexpected_count) == (2, 1)
    assert message in result.message
    offender = json.loads(json.dumps(result.offenders, allow_nan=False))[0]
    assert {name: offender[name] for name in change} == change


@pytest.mark.parametrize("code", GATE_RULES)
def test_a_bad_row_fails_no_other_rule_of_its_gate(code: str) -> None:
    gate = GATE_RULES[code].gate_code
    results = validate(gate, frames(gate, **{code: [BAD[code][0]]}), rules())
    assert [result.rule_code for result in results if not result.passed] == [code]


@pytest.mark.parametrize("code", GATE_RULES)
def test_a_null_is_an_offender_even_where_all_are_null(code: str) -> None:
    result = judge(code, {MEASURES[code]: None})
    assert result.unexpected_count == 1
    assert f"[{MEASURES[code]} is null: nobody could judge it]" in result.message
    gate, name = GATE_RULES[code].gate_code, GATE_RULES[code].projection
    given = frames(gate)
    given[name] = given[name].assign(**{MEASURES[code]: None})
    found = {result.rule_code: result for result in validate(gate, given, rules())}
    assert not found[code].passed


@pytest.mark.parametrize("gate", PROJECTIONS)
def test_empty_projections_pass_with_nothing_checked(gate: str) -> None:
    typed = {name: frame.head(0) for name, frame in frames(gate).items()}
    untyped = {name: pd.DataFrame(columns=[*COLUMNS[name]]) for name in typed}
    for given in (typed, untyped):
        for result in validate(gate, given, rules()):
            assert (result.passed, result.checked_count) == (True, 0)
            assert json.dumps(result.to_dict())


@pytest.mark.parametrize(
    "code", [c for c, r in GATE_RULES.items() if r.takes_threshold]
)
def test_a_threshold_is_tolerated_up_to_and_no_further(code: str) -> None:
    share = MEASURES[code].endswith("_share")
    inside, outside = (0.07, 0.0701) if share else (3, 4)
    column = MEASURES[code]
    assert judge(code, {column: inside}, **{code: float(inside)}).passed
    assert not judge(code, {column: outside}, **{code: float(inside)}).passed
    assert not judge(code, {column: float("inf")}, **{code: float(inside)}).passed


@pytest.mark.parametrize(
    "code", [c for c, r in GATE_RULES.items() if not r.takes_threshold]
)
def test_a_flag_tolerates_nothing(code: str) -> None:
    with pytest.raises(GateError, match=rf"{code} reads a flag .* to 0"):
        judge(code, **{code: 1.0})


def test_a_rule_that_only_warns_fails_without_blocking() -> None:
    given = rules() | {
        "rejected_share": Rule("rejected_share", "warn", 0.01, "someone")
    }
    results = validate(
        "staging", frames("staging", rejected_share=[{"rejected_share": 1.0}]), given
    )
    warned = next(result for result in results if not result.passed)
    assert (warned.rule_code, warned.severity_code) == ("rejected_share", "warn")
    assert not any(result.blocks for result in results)


def test_a_file_without_rows_has_nothing_rejected() -> None:
    empty: Row = {"status_code": "duplicate", "physical_count": 0, "rejected_count": 0}
    assert judge("rejected_share", {**empty, "rejected_share": None}).passed
    assert not judge("rejected_share", {"rejected_share": None}).passed


@pytest.mark.parametrize("gate", PROJECTIONS)
def test_a_missing_projection_is_an_error_that_names_it(gate: str) -> None:
    for name in PROJECTIONS[gate]:
        given = {key: frame for key, frame in frames(gate).items() if key != name}
        with pytest.raises(GateError, match=f"projection {name} is missing"):
            validate(gate, given, rules())


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_column_is_an_error_that_names_it(name: str) -> None:
    gate = next(gate for gate, names in PROJECTIONS.items() if name in names)
    for column in COLUMNS[name]:
        given = frames(gate)
        given[name] = given[name].drop(columns=column)
        with pytest.raises(GateError, match=f"{name} lacks column {column}$"):
            validate(gate, given, rules())


@pytest.mark.parametrize("code", GATE_RULES)
def test_a_rule_without_a_row_is_an_error_that_names_rule_and_file(code: str) -> None:
    gate = GATE_RULES[code].gate_code
    given = {key: rule for key, rule in rules().items() if key != code}
    with pytest.raises(GateError, match=rf"{code} .* no row in seeds/gate_rules\.csv"):
        validate(gate, frames(gate), given)


def test_a_gate_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(GateError, match="no gate 'mart'; there are staging, marts"):
        validate("mart", {}, rules())


@pytest.mark.parametrize(
    "code", [code for code in GATE_RULES if code not in ("files_whole",)]
)
def test_what_great_expectations_swallows_is_an_error(code: str) -> None:
    if not GATE_RULES[code].takes_threshold:
        assert not judge(code, {MEASURES[code]: "true"}).passed
        return
    with pytest.raises(GateError, match=f"{code} could not be judged on"):
        judge(code, {MEASURES[code]: "0"})


def test_a_verdict_that_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "great_expectations.core.ExpectationSuite.expectation_configurations", []
    )
    with pytest.raises(GateError, match="gave no verdict"):
        validate("staging", frames("staging"), rules())


def typed(column: str, values: list[Any], dtype: str) -> pd.DataFrame:
    name = GATE_RULES["aliases_are_a_function"].projection
    rows = pd.DataFrame([GOOD[name]] * len(values))
    return rows.assign(**{column: pd.Series(values, dtype=dtype)})


@pytest.mark.parametrize(
    ("column", "values", "dtype"),
    [
        ("overlaps_count", [0, 1, None], "Int64"),
        ("overlaps_count", [0, 1, None], "float64"),
        ("overlaps_count", [0, 1, None], "object"),
        ("overlaps_count", [np.int32(0), Decimal(1), np.nan], "object"),
        ("overlaps_count", [0, 1, -1], "int32"),
        ("overlaps_count", [0, 1, None], "int64[pyarrow]"),
        ("is_stage_registered", [True, False, None], "boolean"),
        ("is_stage_registered", [True, False, None], "object"),
        ("is_stage_registered", [np.True_, np.False_, np.nan], "object"),
        ("is_stage_registered", [True, False, False], "bool"),
        ("is_stage_registered", [True, False, None], "bool[pyarrow]"),
    ],
)
def test_any_type_that_pandas_may_bring_is_judged_alike(
    column: str, values: list[Any], dtype: str
) -> None:
    given = frames("staging") | {
        "gates.gate_stage_aliases": typed(column, values, dtype)
    }
    judged = validate("staging", given, rules())
    failed = [result for result in judged if not result.passed]
    assert [MEASURES[result.rule_code] for result in failed] == [column]
    assert failed[0].unexpected_count == 2
    assert json.dumps(failed[0].to_dict(), allow_nan=False)


def test_frames_as_duckdb_hands_them_over_are_judged() -> None:
    given = frames("staging")
    aliases = duckdb.sql(
        "select 's' as source_code, null::varchar as source_pipeline, 'one' as "
        "source_stage, null::date as valid_from, date '2026-01-01' as valid_to, "
        "sum(n) as overlaps_count, bool_and(registered) as "
        "is_stage_registered from (values (2, true), (1, null)) t(n, registered)"
    ).df()
    given["gates.gate_stage_aliases"] = aliases
    found = {r.rule_code: r for r in validate("staging", given, rules())}
    overlapping = found["aliases_are_a_function"]
    assert overlapping.offenders == [
        {
            "source_code": "s",
            "source_pipeline": None,
            "source_stage": "one",
            "valid_from": None,
            "valid_to": "2026-01-01T00:00:00",
            "overlaps_count": 3,
            "is_stage_registered": True,
        }
    ]
    assert "stage 'one' of pipeline (none): the row valid from the beginning to " in (
        overlapping.message
    )


def test_the_index_of_a_frame_does_not_matter() -> None:
    given = frames(
        "marts", rows_accounted_for=[{"difference_count": 1, "scope": "bad"}]
    )
    shuffled = {
        name: frame.set_index(pd.Index([7] * len(frame)))
        for name, frame in given.items()
    }
    results = {r.rule_code: r for r in validate("marts", shuffled, rules())}
    assert [o["scope"] for o in results["rows_accounted_for"].offenders] == ["bad"]


def test_frames_may_be_named_without_their_schema() -> None:
    given = {name.split(".")[1]: frame for name, frame in frames("marts").items()}
    assert all(result.passed for result in validate("marts", given, rules()))


def test_twenty_offenders_are_kept_and_five_told_worst_first() -> None:
    rows = [{"difference_count": n, "scope": f"s{n:02}"} for n in range(1, 31)]
    result = judge("rows_accounted_for", *rows)
    assert (result.unexpected_count, len(result.offenders)) == (30, 20)
    assert [row["scope"] for row in result.offenders[:2]] == ["s30", "s29"]
    assert "30 of 31 accounts not balanced:" in result.message
    assert "s26" in result.message and "s25" not in result.message
    assert "- and 25 more" in result.message
    assert judge("rows_accounted_for", *reversed(rows)) == result


def test_a_value_of_millions_of_characters_is_told_by_its_beginning() -> None:
    result = judge("rows_accounted_for", {"difference_count": 1, "scope": "s" * 10**6})
    (row,) = result.offenders
    assert row["scope"] == "s" * 300 + "… (1,000,000 characters)"
    assert len(result.message) < 1_000


def test_a_gate_writes_no_file_shows_no_bar_and_calls_nobody(tmp_path: Path) -> None:
    script = """
import socket, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import great_expectations
from test_gates import frames, rules
from expectations import validate
def refuse(*_, **__): raise AssertionError("calls out")
socket.socket.connect = refuse
opened = []
def watch(event, args):
    # int arguments are descriptors; reading is not writing
    if event == "open" and isinstance(args[0], str) and isinstance(args[1], str):
        if set(args[1]) & set("wax+") and not args[0].endswith((".pyc", "/dev/null")):
            if ".pyc." not in args[0]: opened.append(args[0])
    elif event in ("os.mkdir", "tempfile.mkdtemp", "tempfile.mkstemp"):
        opened.append(str(args[0]))
sys.addaudithook(watch)
validate("staging", frames("staging"), rules())
opened = [name for name in opened if "__pycache__" not in name]
assert not opened, opened
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert (ran.stdout, ran.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_the_package_is_imported_without_great_expectations_or_pandas() -> None:
    code = (
        "import sys, expectations; "
        "sys.exit(any(m in sys.modules for m in ('great_expectations', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


Write = Callable[[str], Path]


@pytest.fixture
def gate_rules(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "gate_rules.csv"
        path.write_text(text, encoding="utf-8-sig")
        return path

    return write


HEADER = "rule_code,severity_code,threshold,owner_name\n"


def test_the_shipped_rules_cover_every_gate() -> None:
    shipped = read_rules(ROOT / "seeds" / "gate_rules.csv")
    assert shipped.keys() == GATE_RULES.keys()
    assert shipped["rejected_share"].threshold == 0.01
    assert shipped["history_ends_in_current_stage"].severity_code == "block"
    for gate in PROJECTIONS:
        assert all(result.passed for result in validate(gate, frames(gate), shipped))


def test_rules_are_read_as_a_spreadsheet_writes_them(gate_rules: Write) -> None:
    path = gate_rules(HEADER + "rejected_share,warn,0.05,data people\r\n")
    assert read_rules(path) == {
        "rejected_share": Rule("rejected_share", "warn", 0.05, "data people")
    }


@pytest.mark.parametrize(
    ("severity", "threshold", "passed", "blocks"),
    [
        ("block", "0.01", False, True),
        ("warn", "0.01", False, False),
        ("block", "0.02", True, False),
    ],
)
def test_an_analyst_loosens_a_rule_in_its_row_alone(
    gate_rules: Write, severity: str, threshold: str, passed: bool, blocks: bool
) -> None:
    row = f"rejected_share,{severity},{threshold},data people\n"
    given = rules() | read_rules(gate_rules(HEADER + row))
    rejected = frames("staging", rejected_share=[{"rejected_share": 0.015}])
    results = {each.rule_code: each for each in validate("staging", rejected, given)}
    judged = results["rejected_share"]
    assert (judged.passed, judged.blocks) == (passed, blocks)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "made_up,block,0,x\n", "line 2: rule_code 'made_up' belongs to no"),
        (HEADER + "files_whole,stop,0,x\n", "line 2: severity_code 'stop' of files_"),
        (HEADER + "files_whole,block,much,x\n", "line 2: threshold 'much' of files_"),
        (HEADER + "files_whole,block,1,x\n", "line 2: files_whole reads a flag"),
        (HEADER + "files_whole,block\n", "line 2: no value for threshold, owner_name"),
        (HEADER + "files_whole,block,0,x\n" * 2, "line 3: files_whole has two rows"),
        ("rule_code,threshold\nfiles_whole,0\n", "line 2: no value for severity_code"),
    ],
)
def test_rules_that_cannot_be_used_are_errors(
    gate_rules: Write, text: str, message: str
) -> None:
    with pytest.raises(GateError, match=f"seeds/gate_rules.csv {message}"):
        read_rules(gate_rules(text))


def test_rules_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"seeds/gate_rules\.csv is missing"):
        read_rules(tmp_path / "gate_rules.csv")


def test_no_stage_code_stands_in_the_expectations() -> None:
    with (ROOT / "seeds" / "stages.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["stage_code"] for row in csv.DictReader(file)}
    for path in (ROOT / "expectations").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [
            code for code in codes if f'"{code}"' in text or f"'{code}'" in text
        ]
