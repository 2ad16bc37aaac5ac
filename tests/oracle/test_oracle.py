"""The oracle against known answers, statsmodels, and the contract's identities."""

import json
import math
from collections import Counter
from copy import deepcopy
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import (  # type: ignore[import-untyped]
    CumIncidenceRight,
    SurvfuncRight,
)
from statsmodels.stats.multitest import (  # type: ignore[import-untyped]
    multipletests,
)
from statsmodels.stats.proportion import (  # type: ignore[import-untyped]
    proportion_confint,
    proportions_ztest,
)

from . import (
    Facts,
    journey_steps,
    journeys,
    monthly_conversions,
    monthly_throughput,
    segment_funnels,
    stage_snapshots,
    transitions,
)
from .facts import ALL, Row, next_month
from .funnels import percentile
from .generate import facts_strategy, fates_strategy, random_facts
from .statistics_of_cohorts import (
    Fate,
    cumulative_incidence,
    incidence_interval,
    jumps,
    pooled_z_p_value,
    q_values,
    variance,
    wilson,
)

CASES = Path(__file__).parents[3] / "shared" / "cases" / "crm_stage_cases.json"
OUTCOMES = {"open": None, "won": "converted", "lost": "lost"}
ENDINGS = (
    "advanced_count",
    "moved_back_count",
    "lost_count",
    "transferred_count",
    "completed_count",
    "still_open_count",
)
STATUSES = ("converted_count", "lost_count", "transferred_count", "open_count")
unhurried = settings(deadline=None)
slow_settings = settings(max_examples=25, deadline=None)


# Small facts of one pipeline, by hand


def stage_row(code: str, order: int, outcome: str = "open", **columns: Any) -> Row:
    row = {"pipeline_code": "p", "stage_code": code, "stage_order": order}
    row |= {"outcome_code": outcome, "probability": 0.5, "stale_after_days": None}
    return row | {"valid_from": None, "valid_to": None} | columns


def alias_row(code: str, pipeline: str = "p", **columns: Any) -> Row:
    row: Row = {"source_code": "s", "source_pipeline": pipeline, "source_stage": code}
    row |= {"pipeline_code": pipeline, "stage_code": code, "is_ignored": False}
    return row | {"valid_from": None, "valid_to": None} | columns


def change(deal: str, code: str, at: datetime | None, **columns: Any) -> Row:
    row: Row = {"source_code": "s", "deal_id": deal, "lead_id": None}
    row |= {"source_pipeline": "p", "source_stage": code, "changed_at": at}
    row |= {"source_sequence": None, "evidence_kind": "history"}
    return row | {"known_at": at or datetime(2024, 1, 1)} | columns


def deal_row(deal: str, known_at: datetime, **columns: Any) -> Row:
    names = ["lead_id", "contact_id", "amount", "currency_code", "probability"]
    names += ["owner_id", "created_at", "merged_into_deal_id", "channel", "product"]
    row = dict.fromkeys(names) | {"source_code": "s", "deal_id": deal}
    return row | {"is_deleted": False, "known_at": known_at} | columns


def lead_row(lead: str, created_at: datetime, deal: str | None = None) -> Row:
    row = {"source_code": "s", "lead_id": lead, "created_at": created_at}
    row |= {"contact_id": None, "channel": None, "converted_deal_id": deal}
    return row | {"known_at": created_at}


def small_facts(changes: list[Row], stages: list[Row], **columns: Any) -> Facts:
    codes = [row["stage_code"] for row in stages]
    empty: dict[str, Any] = {
        name: []
        for name in (
            *("deals", "deal_changes", "leads", "contacts", "segments"),
            *("segment_rules", "channels", "fx_rates", "funnels", "funnel_steps"),
        )
    }
    given_: dict[str, Any] = {
        "stage_aliases": [alias_row(code) for code in dict.fromkeys(codes)],
        "as_of": datetime(2024, 12, 31),
        "sources": {"s": {"data_through": datetime(2024, 12, 31)}},
        "timezone": "UTC",
        "home_currency": "EUR",
    }
    return Facts(stage_changes=changes, stages=stages, **(empty | given_ | columns))


ABCW = [
    stage_row("a", 1),
    stage_row("b", 2),
    stage_row("c", 3),
    stage_row("w", 4, "won"),
    stage_row("l", 9, "lost"),
]


def day(number: int) -> datetime:
    return datetime(2024, 1, 1) + timedelta(days=number - 1)


def path_of(deal: str, codes: str, step: int = 1) -> list[Row]:
    return [change(deal, code, day(1 + i * step)) for i, code in enumerate(codes)]


def directions(facts: Facts) -> list[str]:
    rows = [row for row in transitions(facts) if row["sequence_number"]]
    return [
        r["direction_code"] for r in sorted(rows, key=lambda r: r["sequence_number"])
    ]


# Known answers: CRM cases


@pytest.fixture(scope="module")
def cases() -> Row:
    if not CASES.exists():
        pytest.skip(f"the shared cases are not there: {CASES}")
    return json.loads(CASES.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def case_facts(cases: Row) -> Facts:
    order, lost = cases["stage_order"], cases["terminal_lost"]
    last = max(order.values())
    stages = [
        stage_row(code, place, "won" if place == last else "open")
        for code, place in order.items()
    ]
    changes = [
        change(deal, code, datetime.fromisoformat(at))
        for deal, history in cases["histories"].items()
        for at, code in history
    ]
    steps = [
        {"funnel_code": "f", "step_order": place, "step_code": code}
        | {"match_kind": "stage", "match_code": code}
        for code, place in order.items()
    ]
    funnel = {"funnel_code": "f", "pipeline_code": "p", "segment_code": "all"}
    as_of = datetime.fromisoformat(cases["expected"]["as_of"])
    return small_facts(
        changes,
        [*stages, stage_row(lost, 9, "lost")],
        funnels=[funnel | {"kind_code": "stage"}],
        funnel_steps=steps,
        as_of=as_of,
        sources={"s": {"data_through": as_of}},
    )


def totals(rows: list[Row], *columns: str) -> list[Row]:
    return [row for row in rows if all(row[column] == ALL for column in columns)]


def test_the_crm_cases_are_touched_reached_and_in_order_as_stated(
    cases: Row, case_facts: Facts
) -> None:
    expected = cases["expected"]["entry_cohort_2024_01"]
    rows = totals(segment_funnels(case_facts), "segment_code", "channel_code")
    january = [row for row in rows if row["cohort_month"] == date(2024, 1, 1)]
    named = {
        "touched_count": "touched",
        "reached_count": "reached",
        "in_order_count": "all_in_order",
    }
    for column, name in named.items():
        found = {row["step_code"]: row[column] for row in january}
        assert found == expected[name], column
    assert {row["entered_count"] for row in january} == {expected["deals"]}


def test_the_crm_cases_end_as_stated(cases: Row, case_facts: Facts) -> None:
    rows = journeys(case_facts)
    january = [row for row in rows if row["cohort_month"] == date(2024, 1, 1)]
    found = Counter(row["outcome_code"] for row in january)
    assert found == cases["expected"]["entry_cohort_2024_01"]["outcome"]
    months = Counter(f"{row['cohort_month']:%Y-%m}" for row in rows)
    assert months == cases["expected"]["period_entries_by_month"]


def test_the_crm_cases_are_won_in_the_months_stated(
    cases: Row, case_facts: Facts
) -> None:
    found: Counter[str] = Counter()
    columns = ("pipeline_code", "segment_code", "channel_code")
    for row in totals(monthly_throughput(case_facts), *columns):
        found[f"{row['month']:%Y-%m}"] += row["won_count"]
    assert +found == cases["expected"]["period_wins_by_event_month"]


# Known answers: censoring


def fates_of(outcomes: list[tuple[int, str]]) -> list[Fate]:
    """Days and outcomes; `open` is watched for so long, the others for ever."""
    found = []
    for days, outcome in outcomes:
        kind = OUTCOMES.get(outcome, outcome)
        after = timedelta(days=days)
        watched = timedelta(days=9999) if kind else after
        found.append(Fate(kind, after if kind else None, watched))
    return found


def incidence_at(outcomes: list[tuple[int, str]], days: int) -> float | None:
    return cumulative_incidence(fates_of(outcomes), timedelta(days=days))[0]


def test_the_censoring_example_gives_the_stated_incidence(cases: Row) -> None:
    outcomes = cases["censoring"]["days_to_outcome"]
    assert incidence_at(outcomes, 40) == pytest.approx(19 / 24, abs=1e-12)
    for days, _, expected, _ in cases["censoring"]["steps"]:
        assert incidence_at(outcomes, days) == pytest.approx(expected, abs=5e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(fates_strategy(), st.integers(0, 40))
@unhurried
def test_incidence_agrees_with_statsmodels(
    outcomes: list[tuple[int, str]], horizon: int
) -> None:
    found = incidence_at(outcomes, horizon)
    if found is None:
        return
    codes = {"open": 0, "converted": 1, "lost": 2, "transferred": 3}
    status = np.array([codes[outcome] for _, outcome in outcomes])
    theirs = CumIncidenceRight(np.array([d for d, _ in outcomes]), status)
    values = np.asarray(theirs.cinc[0]) if 1 in status else np.array([])
    before = [v for t, v in zip(theirs.times, values, strict=False) if t <= horizon]
    assert found == pytest.approx(before[-1] if before else 0.0, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.booleans())))
@unhurried
def test_delayed_entry_agrees_with_statsmodels(
    drawn: list[tuple[int, int, bool]],
) -> None:
    """Without competition F = 1 - S of the left-truncated product limit."""
    fates, entries, times, events = [], [], [], []
    for entry, length, is_event in drawn:
        time = entry + length
        span = timedelta(days=time)
        watched = timedelta(days=9999) if is_event else span
        kind, after = ("converted", span) if is_event else (None, None)
        fates.append(Fate(kind, after, watched, timedelta(days=entry)))
        entries.append(entry)
        times.append(time)
        events.append(int(is_event))
    if not any(events):
        return
    theirs = SurvfuncRight(np.array(times), np.array(events), entry=np.array(entries))
    ours = float(jumps(fates, timedelta(days=50))[-1].incidence)
    assert ours == pytest.approx(1 - theirs.surv_prob[-1], abs=1e-9)


@given(fates_strategy(), st.integers(0, 40))
@unhurried
def test_without_censoring_incidence_is_the_rate_and_its_variance_binomial(
    outcomes: list[tuple[int, str]], horizon: int
) -> None:
    fates = fates_of([(d, o) for d, o in outcomes if o != "open"])
    span = timedelta(days=horizon)
    found = jumps(fates, span)
    if not found:
        return
    statuses = [fate.status_at(span) for fate in fates]
    n, rate = len(fates), statuses.count("converted") / len(fates)
    assert float(found[-1].incidence) == pytest.approx(rate, abs=1e-12)
    assert float(variance(found)) == pytest.approx(rate * (1 - rate) / n, abs=1e-12)


def jackknife_variance(outcomes: list[tuple[int, str]], horizon: int) -> float:
    n = len(outcomes)
    values = [
        incidence_at(outcomes[:i] + outcomes[i + 1 :], horizon) or 0.0 for i in range(n)
    ]
    return (n - 1) / n * sum((v - sum(values) / n) ** 2 for v in values)


def test_the_variance_is_near_the_jackknife_under_censoring() -> None:
    rng = Random(7)  # noqa: S311
    kinds = ("converted", "lost", "open")
    outcomes = [(rng.randint(1, 60), rng.choice(kinds)) for _ in range(250)]
    ours = float(variance(jumps(fates_of(outcomes), timedelta(days=40))))
    assert ours == pytest.approx(jackknife_variance(outcomes, 40), rel=0.03)


def test_the_interval_is_symmetric_on_the_log_minus_log_scale() -> None:
    found = jumps(fates_of([(1, "won"), (2, "lost"), (3, "open")]), timedelta(days=2))
    f, error = float(found[-1].incidence), math.sqrt(variance(found))
    low, high = incidence_interval(found[-1].incidence, variance(found))
    assert low is not None and high is not None and low < f < high
    middle, half = math.log(-math.log(f)), 1.96 * error / abs(f * math.log(f))
    assert math.log(-math.log(low)) == pytest.approx(middle + half)
    assert math.log(-math.log(high)) == pytest.approx(middle - half)


def test_incidence_is_null_where_nobody_is_followed_to_the_horizon() -> None:
    assert incidence_at([(10, "won"), (20, "open")], 30) is None
    assert incidence_at([(10, "won"), (20, "won")], 30) == 1.0
    assert incidence_at([(10, "won"), (30, "open")], 30) == 0.5


@given(st.integers(0, 60), st.integers(1, 60))
@unhurried
def test_wilson_agrees_with_statsmodels(successes: int, more: int) -> None:
    trials, alpha = successes + more, 0.05
    theirs = proportion_confint(successes, trials, alpha=alpha, method="wilson")
    assert wilson(successes, trials) == pytest.approx(theirs, abs=1e-12)


@given(*[st.integers(5, 60)] * 4)
@unhurried
def test_the_z_test_agrees_with_statsmodels(a: int, a2: int, b: int, b2: int) -> None:
    theirs = proportions_ztest([a, b], [a + a2, b + b2])[1]
    assert pooled_z_p_value(a, a + a2, b, b + b2) == pytest.approx(theirs, abs=1e-12)
    assert pooled_z_p_value(4, 4 + a2, b, b + b2) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
@unhurried
def test_q_values_agree_with_statsmodels(p_values: list[float]) -> None:
    theirs = multipletests(p_values, method="fdr_bh")[1]
    assert q_values(p_values) == pytest.approx(list(theirs), abs=1e-12)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=9), st.floats(0, 1))
@unhurried
def test_percentiles_agree_with_numpy(values: list[float], share: float) -> None:
    assert percentile(values, share) == pytest.approx(np.quantile(values, share))


# Sections 2 and 6, case by case


def test_directions_follow_the_first_rule_that_applies() -> None:
    assert directions(small_facts(path_of("d", "acbblal"), ABCW)) == [
        *("entry", "skip", "backward", "forward", "lost", "reopen", "lost")
    ]
    assert directions(small_facts(path_of("d", "aw"), ABCW)) == ["entry", "won"]
    assert directions(small_facts(path_of("d", "a?c"), ABCW)) == [
        *("entry", "unmapped", "skip")
    ]


def test_stages_of_one_instant_end_in_the_last_of_them() -> None:
    changes = [change("d", code, day(1)) for code in "lw?ba"]
    rows = transitions(small_facts(changes, ABCW))
    assert [row["to_stage_code"] for row in rows] == ["a", "b", "w", "unmapped", "l"]


def test_a_stated_sequence_outranks_the_stage_order_and_contradicting_dates() -> None:
    stated = {"evidence_kind": "own_date"}
    changes = [
        change("d", "a", day(9), source_sequence=1, **stated),
        change("d", "b", day(4), source_sequence=2, **stated),
    ]
    rows = transitions(small_facts(changes, ABCW))
    assert [row["to_stage_code"] for row in rows] == ["a", "b"]
    assert rows[1]["seconds_in_from_stage"] == -5 * 86400


def test_an_alias_is_read_on_the_day_of_the_change() -> None:
    aliases = [
        alias_row("a", source_stage="q", valid_to=date(2024, 1, 5)),
        alias_row("b", source_stage="q", valid_from=date(2024, 1, 5)),
    ]
    changes = [change("d", "q", day(4)), change("d", "q", day(5))]
    rows = transitions(small_facts(changes, ABCW, stage_aliases=aliases))
    assert [row["to_stage_code"] for row in rows] == ["a", "b"]


def test_a_row_known_after_as_of_or_dated_past_it_is_in_no_count() -> None:
    changes = [
        change("d", "a", day(1)),
        change("d", "b", day(2), known_at=datetime(2025, 6, 1)),
        change("d", "c", datetime(2025, 2, 1), known_at=day(3)),
    ]
    facts = small_facts(changes, ABCW)
    assert [row["to_stage_code"] for row in transitions(facts)] == ["a", "c"]
    assert [row["is_in_future"] for row in transitions(facts)] == [False, True]
    assert journeys(facts)[0]["current_stage_code"] == "a"


def test_the_first_deal_continues_its_lead_and_the_earliest_lead_its_deal() -> None:
    deals = [deal_row(d, day(9), lead_id="x", created_at=day(9)) for d in "gh"]
    leads = [lead_row("x", day(1)), lead_row("y", day(2), "g")]
    found = {
        row["deal_id"] or row["lead_id"]: row
        for row in journeys(small_facts([], ABCW, deals=deals, leads=leads))
    }
    assert set(found) == {"g", "h", "y"}
    assert found["g"]["lead_id"] == "x"
    assert found["h"]["lead_id"] is None
    assert found["h"]["prior_journey_id"] == found["g"]["journey_id"]
    assert found["y"]["is_duplicate"] and not found["g"]["is_duplicate"]


def test_a_merge_absorbs_what_lies_between_the_entry_and_the_merge() -> None:
    merged = {"merged_into_deal_id": "e"}
    deals = [deal_row("d", day(1)), deal_row("d", day(20), **merged)]
    changes = [
        *(change("d", "a", day(1)), change("d", "b", day(10))),
        *(change("d", "c", day(12)), change("d", "b", day(20))),
        *(change("e", "c", day(10)), change("e", "w", day(30))),
    ]
    rows = transitions(small_facts(changes, ABCW, deals=deals))
    assert {row["journey_id"] for row in rows} == {"s|deal|e"}
    absorbed = [row["changed_at"] for row in rows if row["is_absorbed"]]
    assert absorbed == [day(12)]
    assert [row["direction_code"] for row in rows if not row["is_absorbed"]] == [
        *("entry", "forward", "forward", "backward", "won")
    ]


def test_a_repeated_row_is_one_fact_known_since_its_first_extract() -> None:
    changes = [change("d", "a", day(1), known_at=day(n)) for n in (9, 4, 6)]
    rows = transitions(small_facts(changes, ABCW))
    assert [row["known_at"] for row in rows] == [day(4)]


def funnel_of(facts: Facts, codes: str) -> list[Row]:
    funnel = {"funnel_code": "f", "pipeline_code": "p", "segment_code": "all"}
    facts.funnels = [funnel | {"kind_code": "stage"}]
    facts.funnel_steps = [
        {"funnel_code": "f", "step_order": place, "step_code": code}
        | {"match_kind": "stage", "match_code": code}
        for place, code in enumerate(codes, start=1)
    ]
    return totals(segment_funnels(facts), "segment_code", "channel_code")


def test_visits_end_by_what_follows_and_skipped_steps_have_none() -> None:
    rows = funnel_of(small_facts(path_of("d", "acbcl?acw"), ABCW), "abcw")
    endings = {row["step_code"]: [row[column] for column in ENDINGS] for row in rows}
    assert endings == {
        "a": [2, 0, 0, 0, 0, 0],
        "b": [1, 0, 0, 0, 0, 0],
        "c": [1, 1, 1, 0, 0, 0],
        "w": [0, 0, 0, 0, 1, 0],
    }


def test_a_stage_without_a_step_is_no_hit_and_a_move_away_is_a_transfer() -> None:
    stages = [*ABCW, stage_row("a", 1) | {"pipeline_code": "q"}]
    aliases = [*map(alias_row, "abcwl"), alias_row("a", "q")]
    changes = [*path_of("d", "aba"), change("d", "a", day(4), source_pipeline="q")]
    rows = funnel_of(small_facts(changes, stages, stage_aliases=aliases), "aw")
    assert [row["visits_count"] for row in rows] == [1, 0]
    assert [row["transferred_count"] for row in rows] == [1, 0]


def test_reached_is_told_apart_by_skip_and_by_entry() -> None:
    changes = path_of("d", "ac") + path_of("e", "ca")
    rows = {r["step_code"]: r for r in funnel_of(small_facts(changes, ABCW), "abcw")}
    assert rows["b"]["reached_by_skip_count"] == 1
    assert rows["b"]["reached_by_entry_count"] == 1
    assert [rows[code]["in_order_count"] for code in "abcw"] == [2, 0, 0, 0]


def test_a_deleted_journey_stays_in_snapshots_until_it_was_deleted() -> None:
    deals = [deal_row("d", day(1)), deal_row("d", day(4), is_deleted=True)]
    facts = small_facts([change("d", "a", day(2))], ABCW, deals=deals)
    rows = {row["snapshot_date"].day: row for row in stage_snapshots(facts)[:5]}
    assert [rows[n]["open_count"] for n in (2, 3, 4, 5)] == [1, 1, 0, 0]
    assert rows[4]["removed_count"] == 1
    assert segment_funnels(facts) == monthly_conversions(facts) == []


def test_a_horizon_includes_its_last_second() -> None:
    late = timedelta(seconds=1)
    changes = [
        *(change("d", "a", day(1)), change("d", "b", day(31))),
        *(change("e", "a", day(1)), change("e", "b", day(31) + late)),
    ]
    rows = totals(
        monthly_conversions(small_facts(changes, ABCW)),
        *("pipeline_code", "segment_code", "channel_code"),
    )
    pair = [r for r in rows if (r["from_stage_code"], r["to_stage_code"]) == ("a", "b")]
    assert [row["converted_count"] for row in pair[:2]] == [1, 2]
    assert pair[0]["cumulative_incidence"] == 0.5


def test_a_loss_that_was_reopened_is_no_loss() -> None:
    rows = monthly_conversions(small_facts(path_of("d", "alaw", 10), ABCW))
    pair = [row for row in rows if row["to_stage_code"] == "w"]
    assert {r["lost_count"] for r in pair} == {0}
    assert [r["converted_count"] for r in pair[:2]] == [1, 1]


def test_a_skip_past_the_next_stage_converts_to_it() -> None:
    rows = monthly_conversions(small_facts(path_of("d", "ac"), ABCW))
    pair = [row for row in rows if row["to_stage_code"] == "b"]
    assert {row["converted_count"] for row in pair} == {1}


def wins_by_stage(facts: Facts) -> dict[tuple[str, str], int]:
    rows = totals(monthly_throughput(facts), "segment_code", "channel_code")
    won = [row for row in rows if row["won_count"] and row["pipeline_code"] != ALL]
    return {(r["pipeline_code"], r["stage_code"]): r["won_count"] for r in won}


def test_a_win_counts_once_where_it_left_or_where_it_was_entered() -> None:
    stages = [*ABCW, stage_row("x", 5, "won")]
    stages += [row | {"pipeline_code": "q"} for row in ABCW]
    aliases = [*map(alias_row, "abcwlx"), alias_row("w", "q")]
    there = {"source_pipeline": "q"}
    histories = {
        ("p", "b"): path_of("d", "abwxw"),
        ("p", "w"): path_of("d", "w?w"),
        ("p", "unmapped"): path_of("d", "a?w"),
        ("q", "w"): [change("d", "a", day(1)), change("d", "w", day(2), **there)],
    }
    for place, changes in histories.items():
        facts = small_facts(changes, stages, stage_aliases=aliases)
        assert wins_by_stage(facts) == {place: 1}
    lost = small_facts(path_of("d", "alw"), stages, stage_aliases=aliases)
    assert wins_by_stage(lost) == {("p", "w"): 1}


def test_staleness_begins_on_the_day_that_holds_entry_and_patience() -> None:
    stages = [stage_row("a", 1, stale_after_days=2), stage_row("w", 2, "won")]
    noon = timedelta(hours=12)
    facts = small_facts(
        [change("d", "a", day(1) + noon), change("d", "w", day(5) + noon)], stages
    )
    assert [row["stale_count"] for row in stage_snapshots(facts)[:5]] == [0, 0, 1, 1, 0]


def test_amounts_are_those_of_the_day_at_the_rate_of_the_day() -> None:
    deals = [deal_row("d", day(1), amount=7.0, currency_code="USD", probability=0.5)]
    names = ("source_code", "deal_id", "field_code", "value", "changed_at", "known_at")
    amounts = [(day(2), "10"), (day(3), "20")]
    changes = [
        dict(zip(names, ("s", "d", "amount", value, at, at), strict=True))
        for at, value in amounts
    ]
    rates = [
        {"currency_code": "USD", "rate_date": date(2024, 1, n), "home_rate": float(n)}
        for n in (1, 3)
    ]
    rows = stage_snapshots(
        small_facts(
            [change("d", "a", day(1))],
            ABCW,
            **{"deals": deals, "deal_changes": changes, "fx_rates": rates},
        )
    )
    assert [row["open_amount"] for row in rows[:4]] == [0.0, 10.0, 60.0, 60.0]
    assert [row["weighted_amount"] for row in rows[:4]] == [0.0, 5.0, 30.0, 30.0]


# Identities on random histories


@given(facts_strategy())
@slow_settings
def test_every_visit_ends_in_exactly_one_way(facts: Facts) -> None:
    for row in segment_funnels(facts):
        assert row["visits_count"] == sum(row[column] for column in ENDINGS)
        ways = ("touched_count", "reached_by_skip_count", "reached_by_entry_count")
        assert row["reached_count"] == sum(row[column] for column in ways)
        assert row["in_order_count"] <= row["touched_count"] <= row["visits_count"]
        assert row["reached_count"] <= row["entered_count"]


@given(facts_strategy())
@slow_settings
def test_open_today_is_open_yesterday_and_the_flow(facts: Facts) -> None:
    last: dict[tuple[str, ...], int] = {}
    for row in stage_snapshots(facts):
        key = (row["pipeline_code"], row["stage_code"], row["segment_code"])
        flow = row["entered_count"] - row["left_count"] - row["removed_count"]
        assert row["open_count"] == last.get(key, 0) + flow
        last[key] = row["open_count"]


@given(facts_strategy())
@slow_settings
def test_the_last_snapshot_holds_the_journeys_that_rest_there(facts: Facts) -> None:
    rows = stage_snapshots(facts)
    last = max((row["snapshot_date"] for row in rows), default=None)
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["snapshot_date"] == last:
            found[row["pipeline_code"], row["stage_code"]] += row["open_count"]
    is_open = {
        (row["pipeline_code"], row["stage_code"])
        for row in facts.stages
        if row["outcome_code"] == "open"
    }
    expected = Counter(
        (row["pipeline_code"], row["current_stage_code"])
        for row in journeys(facts)
        if row["entered_at"] and not row["is_duplicate"] and not row["is_deleted"]
        if row["current_stage_code"] == "unmapped"
        or (row["pipeline_code"], row["current_stage_code"]) in is_open
    )
    timeless = sum(row["changed_at"] is None for row in facts.stage_changes)
    assert sum((expected - found).values()) <= timeless
    assert not found - expected


@given(facts_strategy())
@slow_settings
def test_entered_is_converted_lost_transferred_or_open(facts: Facts) -> None:
    for row in monthly_conversions(facts):
        assert row["entered_count"] == sum(row[column] for column in STATUSES)
        if row["is_mature"]:
            rate = row["conversion_rate"]
            assert row["cumulative_incidence"] == pytest.approx(rate, abs=1e-12)


@given(facts_strategy())
@slow_settings
def test_open_at_the_month_end_is_open_at_its_start_and_the_flow(facts: Facts) -> None:
    rows = monthly_throughput(facts)
    columns = ("month", "pipeline_code", "segment_code", "channel_code", "stage_code")
    by_key = {tuple(row[column] for column in columns): row for row in rows}
    for key, row in by_key.items():
        flow = row["entered_count"] - row["left_count"] - row["removed_count"]
        assert row["open_at_end_count"] == row["open_at_start_count"] + flow
        assert row["open_change_count"] == flow
        following = by_key.get((next_month(key[0]), *key[1:]))
        if following is not None:
            assert following["open_at_start_count"] == row["open_at_end_count"]


@given(facts_strategy())
@slow_settings
def test_throughput_agrees_with_the_snapshots(facts: Facts) -> None:
    """Two routes to one figure: months by stay, days by looking."""
    daily: Counter[tuple[Any, ...]] = Counter()
    for row in stage_snapshots(facts):
        month = row["snapshot_date"].replace(day=1)
        daily[month, row["pipeline_code"], row["stage_code"]] += row["entered_count"]
    monthly: Counter[tuple[Any, ...]] = Counter()
    snapped = {(key[1], key[2]) for key in daily}
    for row in totals(monthly_throughput(facts), "segment_code", "channel_code"):
        place = (row["pipeline_code"], row["stage_code"])
        if place in snapped:
            monthly[row["month"], *place] += row["entered_count"]
    assert +monthly == +daily


@given(facts_strategy(), st.randoms(use_true_random=False))
@slow_settings
def test_the_order_of_rows_and_unknown_rows_change_nothing(
    facts: Facts, rng: Random
) -> None:
    other = deepcopy(facts)
    for name in ("stage_changes", "deals", "leads", "contacts", "deal_changes"):
        rows = [row for row in getattr(other, name) if row["known_at"] <= other.as_of]
        rng.shuffle(rows)
        setattr(other, name, rows)
    for table in (transitions, journeys, journey_steps, segment_funnels):
        assert as_set(table(other)) == as_set(table(facts))


def as_set(rows: list[Row]) -> Counter[str]:
    return Counter(str(sorted(row.items())) for row in rows)


@given(facts_strategy())
@slow_settings
def test_journey_steps_and_whole_pipeline_funnels_agree_on_touched(
    facts: Facts,
) -> None:
    found = totals(segment_funnels(facts), "segment_code", "channel_code")
    timed = {r["journey_id"] for r in journeys(facts) if r["cohort_month"] is not None}
    steps = [row for row in journey_steps(facts) if row["journey_id"] in timed]
    for pipeline in {row["pipeline_code"] for row in facts.stages}:
        code = f"f{pipeline[1:]}"
        for stage in "abcwx":
            total = sum(
                row["touched_count"]
                for row in found
                if row["funnel_code"] == code and row["step_code"] == f"step_{stage}"
            )
            place = (pipeline, stage)
            touched = [
                row
                for row in steps
                if (row["pipeline_code"], row["stage_code"]) == place
                and row["is_touched"]
            ]
            assert total == len(touched)


def test_the_generator_makes_every_awkward_thing_it_names() -> None:
    rows = [row for seed in range(8) for row in transitions(random_facts(seed))]
    kinds = {row["direction_code"] for row in rows}
    named = "entry transfer unmapped lost reopen won backward skip forward"
    assert kinds >= set(named.split())
    for flag in ("is_unmapped", "is_absorbed", "is_in_future", "is_deleted"):
        assert any(row[flag] for row in rows), flag
    assert any((row["seconds_in_from_stage"] or 0) < 0 for row in rows)
    found = [row for seed in range(8) for row in journeys(random_facts(seed))]
    assert any(row["is_duplicate"] for row in found)
    assert any(row["prior_journey_id"] for row in found)
    assert any(row["cohort_month"] is None for row in found)
    assert len({row["segment_code"] for row in found}) == 4


def test_the_same_seed_gives_the_same_facts() -> None:
    assert random_facts(3) == random_facts(3) != random_facts(4)


def test_changes_are_tested_where_cohorts_are_large_and_mature() -> None:
    facts = random_facts(5, journeys=300, timeless_row=0.0, history_from=0.0)
    rows = [r for r in monthly_conversions(facts) if r["change_p_value"] is not None]
    assert {row["is_mature"] for row in rows} == {True}
    for row in rows:
        assert row["change_p_value"] - 1e-12 <= row["change_q_value"] <= 1
        assert row["comparisons_count"] >= 1
