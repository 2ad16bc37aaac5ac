"""What the gates look at, built from bad rows: each rule finds its own, with a file."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dagster_project.settings import ROOT
from expectations import PROJECTIONS, GateResult, read_rules, validate
from tests.flow.conftest import ALIASES, alias, change, deal, decisions
from tests.warehouse import Files, Marts, Row, Rows, Warehouse

NEWEST = "plain/deals_2026-06-30.csv"
CHANGES = "plain/stage_changes_2026-06-30.csv"
LABELS = "plain/stage_labels_2026-06-30.csv"
QUIET = "plain/contacts_2026-01-06.csv"
MARTS = ("gate_end_states", "gate_stage_moves")


def moved(name: str, *stays: tuple[str, str]) -> Iterator[Row]:
    for stage, day in stays:
        yield change(name, f"Stage {stage}", f"2026-{day}T10:00:00")


def changes() -> Rows:
    """Forward in April, back in June; a code gone in June, one new, one retired."""
    return [
        *moved("r0", ("c", "01-10")),
        *moved("r1", ("c", "06-10")),
        *moved("n0", ("a", "06-01"), ("new", "06-11")),
        *(row for i in range(12) for row in moved(f"v{i}", ("gone", "05-05"))),
        *(
            row
            for i in range(25)
            for row in moved(f"f{i:02}", ("a", "04-01"), ("b", "04-10"))
        ),
        *(
            row
            for i in range(35)
            for row in moved(f"g{i}", ("b", "06-02"), ("a", "06-10"))
        ),
    ]


def extracts() -> Iterator[tuple[str, Rows]]:
    """Five good extracts a day apart; the sixth is doubled and has lost its amounts."""
    usual = [deal(f"f{i:02}", "Stage b" if i < 3 else "Stage a") for i in range(25)]
    for day in range(25, 30):
        rows = [{**row, "amount": day} for row in usual]
        yield f"plain/deals_2026-06-{day}.csv", rows
    yield NEWEST, [{**row, "amount": ""} for row in usual * 4]


def contacts() -> Iterator[tuple[str, Rows]]:
    for day in range(1, 7):
        yield f"plain/contacts_2026-01-0{day}.csv", [{"contact_id": f"k{day}"}]


FILES: Files = {
    CHANGES: changes(),
    LABELS: [
        {"source_stage": "Stage a", "source_label": "Asked", "is_closed": "false"},
        {"source_stage": "Stage a", "source_label": "Inquired", "is_closed": "false"},
        {"source_stage": "Stage b", "source_label": "Met", "is_won": "true"},
        {"source_stage": "Stage l", "source_label": "Gone", "probability": "0.5"},
    ],
    **dict(extracts()),
    **dict(contacts()),
}
SPELLED = [alias("Stage gone", "a"), alias("Stage new", "b")]
WRONG = [alias("Stage w", "b", valid_from="2026-01-15"), alias("Stage ?", "z")]
TARGET = {
    "period_start": "2026-01-01",
    "period_code": "month",
    "pipeline_code": "p",
    "metric_code": "conversion_rate",
    "from_stage_code": "a",
    "to_stage_code": "nobody's",
    "horizon_days": 90,
    "target_value": 0.5,
}
BROKEN = {
    "retired_stage_codes_unused": f"'Stage c' of pipeline (none) ended on 2026-02-01 "
    f"and is used until 2026-06-10 (1 of 2 changes, first in {CHANGES})",
    "no_new_stage_codes": f"'Stage new' of pipeline (none) was never used before the "
    f"month of 2026-06-01 (1 change, first in {CHANGES})",
    "no_vanished_stage_codes": "'Stage gone' of pipeline (none) is not used in the "
    "month of 2026-06-01, and the month before had 12 changes",
    "aliases_are_a_function": "the row valid from 2026-01-15 to now on overlaps 1",
    "aliases_name_registered_stages": "leads to a stage that seeds/stages.csv lacks",
    "stage_ids_have_one_label": f"'Asked' and 'Inquired' in {LABELS}",
    "stage_flags_agree": f"'Stage b' of pipeline (none) is 'b': won there, not here "
    f"({LABELS})",
    "seed_codes_registered": "seeds/targets.csv, to_stage_code: 'nobody's' is no code "
    "of pipeline 'p' (1 row)",
    "extracts_of_usual_volume": f"plain.deals: 100 rows in {NEWEST}, where the 5 "
    "extracts before it had 25 to 25, half of them up to 25",
    "extracts_not_overdue": f"plain.contacts: nothing for 175.0 days (last {QUIET}), "
    "where extracts lay at most 1.0 days apart",
    "extract_keys_met_once": f"plain.deals: 75 % of the rows of {NEWEST} repeat a key",
    "columns_filled_as_usual": f"plain.deals: column 'amount' is empty in 100 % of the "
    f"rows of {NEWEST}, where 0 % is usual",
}


@pytest.fixture(scope="module")
def built(warehouse: Warehouse) -> Marts:
    seeds = decisions(*SPELLED, *WRONG, targets=[TARGET])
    staging = [name.split(".")[1] for name in PROJECTIONS["staging"]]
    assert ALIASES
    return warehouse.build(FILES, seeds=seeds, models=[*staging, *MARTS])


@pytest.fixture(scope="module")
def judged(built: Marts) -> dict[str, GateResult]:
    frames = {
        name: built.connection.execute(f"select * from {name}").df()
        for name in PROJECTIONS["staging"]
    }
    rules = read_rules(ROOT / "seeds" / "gate_rules.csv")
    results = validate("staging", frames, rules)
    return {result.rule_code: result for result in results}


def test_bad_rows_break_the_rules_that_they_were_made_for_and_no_other(
    judged: dict[str, GateResult],
) -> None:
    assert {code for code, each in judged.items() if not each.passed} == set(BROKEN)


@pytest.mark.parametrize("rule", BROKEN)
def test_the_message_names_who_how_many_and_which_file(
    judged: dict[str, GateResult], rule: str
) -> None:
    assert BROKEN[rule] in judged[rule].message


def test_an_extract_within_its_history_is_not_remarked(built: Marts) -> None:
    assert built(
        "select table_name, volume_share, overdue_share, repeated_rise_share"
        " from gates.gate_extracts where table_name in ('stage_changes', 'contacts')"
        " and volume_share + repeated_rise_share = 0 order by table_name"
    ) == [("contacts", 0.0, pytest.approx(175.0), 0.0), ("stage_changes", 0.0, 0.0, 0)]


def test_stages_passed_the_other_way_round_are_told_by_their_share_and_drift(
    built: Marts,
) -> None:
    row = built.one(
        "select moves_count, backward_count, backward_share, drift_share,"
        " unreopened_count, example_deal_id, example_file"
        " from gates.gate_stage_moves where stage_code = 'a' and later_stage_code = 'b'"
    )
    shares = (pytest.approx(35 / 61), pytest.approx(35 / 36))
    assert row == (61, 35, *shares, 0, "g0", CHANGES)


def test_deals_that_end_elsewhere_are_listed_with_their_files_up_to_twenty(
    built: Marts,
) -> None:
    *counts, file, listed = built.one(
        "select deals_count, differing_count, example_deal_id, example_file,"
        " differing_deals from gates.gate_end_states"
    )
    assert (counts, file) == ([25, 22, "f03"], NEWEST)
    deals = listed.split("; ")
    assert deals[0] == f"deal f03 ends in Stage b and stands in Stage a ({NEWEST})"
    assert (len(deals), deals[-1].split()[1]) == (20, "f22")


def test_profiles_count_rows_nulls_and_keys_met_again(
    warehouse: Warehouse, built: Marts
) -> None:
    folder = warehouse.root / "data/lake/_profiles"
    profile = built.rows(
        "select column_name, rows_count, null_count, repeated_count"
        f" from read_parquet('{folder}/*.deals.parquet')"
        " where rows_count = 100 and column_name in ('', 'amount', 'deal_id')"
        " order by column_name"
    )
    assert [tuple(row.values()) for row in profile] == [
        ("", 100, 0, 75),
        ("amount", 100, 100, 0),
        ("deal_id", 100, 0, 0),
    ]


def test_days_apart_are_days(judged: dict[str, GateResult]) -> None:
    worst: dict[str, Any] = judged["extracts_not_overdue"].offenders[0]
    taken = datetime.fromisoformat(worst["extracted_at"])
    assert taken + timedelta(days=175) == datetime(2026, 6, 30, 23, 59, 59)
