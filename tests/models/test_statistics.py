"""Rates, incidences and tests of the monthly facts beside those of statsmodels."""

import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_power
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from tests.models.stories import changes, deal, registry, segments_by_product, stage
from tests.warehouse import Marts, Warehouse

AS_OF = datetime(2024, 7, 31, 23, 59, 59)
MONTHS = [date(2024, month, 1) for month in range(1, 8)]
PRODUCTS, CHANNELS = ("plain_door", "glass_door", "gate"), ("fair", "phone")
JOURNEYS = 45  # a month, product and channel
CENSORED, WON, LOST = 0, 1, 2
STAGES = [
    stage("a", 1),
    stage("w", 2, outcome_code="won"),
    stage("x", 90, outcome_code="lost"),
]
WORDS = {WON: "w", LOST: "x"}
TARGET = {
    "pipeline_code": "p",
    "owner_id": None,
    "team_code": None,
    "metric_code": "conversion_rate",
    "from_stage_code": "a",
    "to_stage_code": "w",
    "horizon_days": 30,
}
TARGETS = [
    {
        "period_start": "2024-02-01",
        "period_code": "month",
        **TARGET,
        "target_value": 0.4,
    },
    {
        "period_start": "2024-04-01",
        "period_code": "quarter",
        **TARGET,
        "target_value": 0.5,
    },
    {
        "period_start": "2024-05-01",
        "period_code": "month",
        **TARGET,
        "target_value": 0.6,
    },
]
BENCHMARK = {
    "pipeline_code": "p",
    "from_stage_code": "a",
    "to_stage_code": "w",
    "horizon_days": 30,
    "rate": 0.25,
    "citation": "made up",
}
EXPECTED_DIFFERENCE = 0.25
EXPERIMENTS = [
    {
        "experiment_code": f"{treated}, {month}",
        "experiment_name": f"{treated} beside {control}",
        "pipeline_code": "p",
        "segment_code": treated,
        "control_segment_code": control,
        "from_stage_code": "a",
        "to_stage_code": "w",
        "horizon_days": 30,
        "started_on": month,
        "ended_on": (month + timedelta(days=31)).replace(day=1),
        "expected_difference": EXPECTED_DIFFERENCE,
    }
    for month in MONTHS
    for treated, control in (("gate", "plain_door"), ("glass_door", "plain_door"))
]

Cohort = tuple[date, str, str]
# What became of a journey: the seconds until then, and what it was.
Ends = dict[Cohort, list[tuple[float, int]]]
FOUND = """
    select * from marts.fct_monthly_conversions
    where pipeline_code = 'p' and to_stage_code = 'w'
"""


def chance(number: int, product_code: str, channel: str) -> float:
    """Rates that jump from month to month for some, and stay for others."""
    jump = 0.35 if product_code == "gate" and number % 2 else 0.0
    return 0.3 + jump + (0.1 if channel == "fair" else 0.0)


def made() -> tuple[dict[str, list[dict[str, Any]]], Ends]:
    """Extracts of random journeys, and how each ended as far as it was watched."""
    rng = Random(20)  # noqa: S311
    rows, deals, ends = [], [], defaultdict(list)
    cells = product(enumerate(MONTHS), PRODUCTS, CHANNELS, range(JOURNEYS))
    for (number, month), product_code, channel, journey in cells:
        deal_id = f"{month}/{product_code}/{channel}/{journey}"
        entered = datetime.combine(month, datetime.min.time())
        entered += timedelta(days=rng.randrange(28), hours=rng.randrange(24))
        # Whole days, so that many end and are censored at one and the same age.
        waited = timedelta(days=rng.randrange(1, 100))
        wins = rng.random() < chance(number, product_code, channel)
        end = WON if wins else rng.choice((LOST, LOST, CENSORED))
        watched = AS_OF - entered
        if end == CENSORED or waited > watched:
            rows += changes(deal_id, f"{entered} a")
            ending = (watched.total_seconds(), CENSORED)
        else:
            rows += changes(deal_id, f"{entered} a", f"{entered + waited} {WORDS[end]}")
            ending = (waited.total_seconds(), end)
        deals.append(
            deal(
                deal_id, rows[-1]["source_stage"], product=product_code, channel=channel
            )
        )
        for cohort in product([month], (product_code, "all"), (channel, "all")):
            ends[cohort].append(ending)
    day = AS_OF.date()
    files = {f"plain/stage_changes/{day}.csv": rows, f"plain/deals/{day}.csv": deals}
    return files, dict(ends)


@pytest.fixture(scope="module")
def random_cohorts(warehouse: Warehouse) -> tuple[Marts, Ends]:
    files, ends = made()
    channels = [
        {
            "source_code": "plain",
            "source_channel": channel,
            "channel_code": channel,
            "channel_name": channel,
        }
        for channel in CHANNELS
    ]
    compared = {
        "targets": TARGETS,
        "benchmarks": [BENCHMARK],
        "channels": channels,
        "experiments": EXPERIMENTS,
    }
    seeds = registry(STAGES) | segments_by_product(*PRODUCTS) | compared
    models = ("fct_monthly_conversions", "fct_experiment_results")
    return warehouse.build(files, seeds=seeds, models=models), ends


@pytest.fixture(scope="module")
def ends(random_cohorts: tuple[Marts, Ends]) -> Ends:
    return random_cohorts[1]


@pytest.fixture(scope="module")
def facts(random_cohorts: tuple[Marts, Ends]) -> list[dict[str, Any]]:
    return random_cohorts[0].rows(FOUND)


def cohort_of(row: dict[str, Any]) -> Cohort:
    return row["cohort_month"], row["segment_code"], row["channel_code"]


def seconds(row: dict[str, Any]) -> int:
    return int(row["horizon_days"]) * 86_400


def month_end(month: date) -> datetime:
    return datetime(month.year, month.month + 1, 1, tzinfo=UTC).replace(tzinfo=None)


def test_every_cohort_and_horizon_is_there(
    facts: list[dict[str, Any]], ends: Ends
) -> None:
    assert {cohort_of(row) for row in facts} == set(ends)
    assert len(facts) == len(ends) * 7


def test_counts_are_those_of_the_journeys_watched_to_the_horizon(
    facts: list[dict[str, Any]], ends: Ends
) -> None:
    for row in facts:
        cohort = ends[cohort_of(row)]
        kinds = [kind for after, kind in cohort if after <= seconds(row)]
        counted = (row["entered_count"], row["converted_count"], row["lost_count"])
        assert counted == (len(cohort), kinds.count(WON), kinds.count(LOST))
        followed = sum(after >= seconds(row) for after, _ in cohort)
        assert row["at_risk_count"] == followed
        assert row["is_mature"] == (
            month_end(row["cohort_month"]) + timedelta(seconds=seconds(row)) <= AS_OF
        )


def test_intervals_of_rates_are_wilsons(facts: list[dict[str, Any]]) -> None:
    for row in facts:
        low, high = proportion_confint(
            row["converted_count"], row["entered_count"], method="wilson"
        )
        assert row["conversion_rate_low"] == pytest.approx(low, abs=1e-12)
        assert row["conversion_rate_high"] == pytest.approx(high, abs=1e-12)


def curve(cohort: list[tuple[float, int]]) -> CumIncidenceRight:
    times, kinds = zip(*cohort, strict=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return CumIncidenceRight(np.array(times), np.array(kinds))


def at_horizon(found: CumIncidenceRight, horizon: float) -> tuple[float, float]:
    """Incidence of a win, and its standard error, at a horizon."""
    before = np.flatnonzero(found.times <= horizon)
    if not before.size:
        return 0.0, 0.0
    return found.cinc[0][before[-1]], found.cinc_se[0][before[-1]]


def test_cumulative_incidence_is_aalen_johansens(
    facts: list[dict[str, Any]], ends: Ends
) -> None:
    curves = {key: curve(cohort) for key, cohort in ends.items()}
    compared = 0
    for row in facts:
        if row["cumulative_incidence"] is not None:
            expected, _ = at_horizon(curves[cohort_of(row)], seconds(row))
            assert row["cumulative_incidence"] == pytest.approx(expected, abs=1e-9)
            compared += row["open_count"] > 0
    assert compared > 100


def test_there_is_no_incidence_where_nobody_was_followed_so_long(
    facts: list[dict[str, Any]], ends: Ends
) -> None:
    """But there is where all ended before: nobody has to be followed any further."""
    missing = [row for row in facts if row["cumulative_incidence"] is None]
    assert missing
    for row in missing:
        assert row["at_risk_count"] == 0
        assert ends[cohort_of(row)]
        assert max(ends[cohort_of(row)])[1] == CENSORED


def test_intervals_of_incidence_are_log_log_with_the_delta_methods_error(
    facts: list[dict[str, Any]], ends: Ends
) -> None:
    curves = {key: curve(cohort) for key, cohort in ends.items()}
    compared = 0
    for row in facts:
        rate = row["cumulative_incidence"]
        if rate is not None and 0 < rate < 1:
            _, error = at_horizon(curves[cohort_of(row)], seconds(row))
            if math.isnan(error):  # theirs is 0/0 once the last at risk has left
                continue
            spread = 1.96 * error / (rate * math.log(rate))
            low, high = rate ** math.exp(-spread), rate ** math.exp(spread)
            assert row["cumulative_incidence_low"] == pytest.approx(low, abs=1e-9)
            assert row["cumulative_incidence_high"] == pytest.approx(high, abs=1e-9)
            compared += 1
    assert compared > 100


def neighbours(
    facts: list[dict[str, Any]],
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row beside that of the month before it."""
    rows = {(cohort_of(row), row["horizon_days"]): row for row in facts}
    found = []
    for ((month, segment, channel), horizon), row in rows.items():
        if month > MONTHS[0]:
            before = date(2024, month.month - 1, 1)
            found.append((row, rows[(before, segment, channel), horizon]))
    return found


def is_testable(row: dict[str, Any], before: dict[str, Any]) -> bool:
    cells = [
        count
        for each in (row, before)
        for count in (
            each["converted_count"],
            each["entered_count"] - each["converted_count"],
        )
    ]
    are_mature = bool(row["is_mature"] and before["is_mature"])
    return are_mature and min(cells) >= 5


def test_changes_of_rates_are_tested_by_the_pooled_z_test(
    facts: list[dict[str, Any]],
) -> None:
    tested = [pair for pair in neighbours(facts) if is_testable(*pair)]
    assert len(tested) > 50
    for row, before in tested:
        counts = [each["converted_count"] for each in (row, before)]
        _, p_value = proportions_ztest(
            counts, [each["entered_count"] for each in (row, before)]
        )
        assert row["change_p_value"] == pytest.approx(p_value, rel=1e-9, abs=1e-15)
        change = row["conversion_rate"] - before["conversion_rate"]
        assert row["rate_change"] == pytest.approx(change, abs=1e-12)


def test_young_cohorts_and_small_cells_are_not_tested(
    facts: list[dict[str, Any]],
) -> None:
    pairs = neighbours(facts)
    untested = [row for row, before in pairs if not is_testable(row, before)]
    untested += [row for row in facts if row["cohort_month"] == MONTHS[0]]
    assert untested
    judged = ("change_p_value", "change_q_value", "is_change_significant")
    for row in untested:
        assert [row[name] for name in judged] == [None] * 3


def families(
    marts: Marts, is_total: bool
) -> list[tuple[list[float], list[dict[str, Any]]]]:
    """p-values and rows of each as-of, cohort month and horizon, `all` apart."""
    rows = marts.rows("""
        select
            *,
            'all' in (pipeline_code, segment_code, channel_code) as is_total
        from marts.fct_monthly_conversions where change_p_value is not null
    """)
    found = defaultdict(list)
    for row in rows:
        if row["is_total"] == is_total:
            found[row["cohort_month"], row["horizon_days"]].append(row)
    return [([row["change_p_value"] for row in r], r) for r in found.values()]


@pytest.mark.parametrize("is_total", [False, True])
def test_many_comparisons_are_corrected_by_benjamini_and_hochberg(
    random_cohorts: tuple[Marts, Ends], is_total: bool
) -> None:
    found = families(random_cohorts[0], is_total)
    assert max(len(p_values) for p_values, _ in found) >= 6
    for p_values, rows in found:
        rejected, q_values, *_ = multipletests(p_values, alpha=0.05, method="fdr_bh")
        assert [row["change_q_value"] for row in rows] == pytest.approx(list(q_values))
        assert [row["is_change_significant"] for row in rows] == list(rejected)
        assert {row["comparisons_count"] for row in rows} == {len(rows)}


def test_some_changes_are_more_than_chance_and_most_are_not(
    facts: list[dict[str, Any]],
) -> None:
    tested = [row for row in facts if row["change_p_value"] is not None]
    significant = [row for row in tested if row["is_change_significant"]]
    assert 0 < len(significant) < len(tested) / 2
    members = [row for row in significant if "all" not in cohort_of(row)]
    assert {row["segment_code"] for row in members} == {"gate"}


def test_targets_stand_beside_the_totals_of_their_months(
    facts: list[dict[str, Any]],
) -> None:
    targets = {
        row["cohort_month"].month: row["target_rate"]
        for row in facts
        if cohort_of(row)[1:] == ("all", "all") and row["horizon_days"] == 30
    }
    assert targets == {1: None, 2: 0.4, 3: None, 4: 0.5, 5: 0.6, 6: 0.5, 7: None}
    others = [row for row in facts if cohort_of(row)[1:] != ("all", "all")]
    others += [row for row in facts if row["horizon_days"] != 30]
    assert {row["target_rate"] for row in others} == {None}


def test_benchmarks_stand_beside_their_pair_and_horizon(
    facts: list[dict[str, Any]],
) -> None:
    for row in facts:
        expected = 0.25 if row["horizon_days"] == 30 else None
        assert row["benchmark_rate"] == expected


Trial = tuple[dict[str, Any], list[int], list[int]]


@pytest.fixture(scope="module")
def trials(random_cohorts: tuple[Marts, Ends]) -> list[Trial]:
    """Experiments beside their controls; who converted and was watched, by arm."""
    marts, ends = random_cohorts
    experiments = {str(row["experiment_code"]): row for row in EXPERIMENTS}
    found = []
    for row in marts.rows("""
        select * from marts.fct_experiment_results where comparison_code = 'control'
    """):
        stated = experiments[row["experiment_code"]]
        converted, watched = [], []
        for name in ("segment_code", "control_segment_code"):
            arm = ends[stated["started_on"], str(stated[name]), "all"]
            entered = [each for each in arm if is_followed(each)]
            watched.append(len(entered))
            converted.append(sum(each[1] == WON for each in entered if in_time(each)))
        found.append((row, converted, watched))
    assert len(found) == len(EXPERIMENTS)
    return found


def in_time(ending: tuple[float, int]) -> bool:
    return ending[0] <= 30 * 86_400


def is_followed(ending: tuple[float, int]) -> bool:
    """Whoever was decided within the horizon, or there when it ended."""
    return ending[1] != CENSORED or ending[0] >= 30 * 86_400


def test_shares_of_an_experiment_differ_by_newcombes_interval(
    trials: list[Trial],
) -> None:
    compared = [trial for trial in trials if trial[0]["is_mature"]]
    assert len(compared) >= 10
    for row, converted, watched in compared:
        assert [row["treated_converted_count"], row["compared_converted_count"]] == (
            converted
        )
        low, high = confint_proportions_2indep(
            converted[0], watched[0], converted[1], watched[1], method="newcomb"
        )
        found = (row["difference_low"], row["difference_high"])
        assert found == pytest.approx((low, high), abs=1e-12)


def test_an_experiment_is_tested_by_the_pooled_z_test(trials: list[Trial]) -> None:
    p_values = []
    for row, converted, watched in trials:
        if row["warning_code"] is None:
            _, p_value = proportions_ztest(converted, watched)
            assert row["p_value"] == pytest.approx(p_value, rel=1e-9, abs=1e-15)
            p_values.append(p_value)
    assert min(p_values) < 0.05 < max(p_values)


def test_the_power_of_an_experiment_is_that_of_its_size(trials: list[Trial]) -> None:
    """Of the tail on the side of the difference; the other is nothing."""
    for row, converted, watched in trials:
        if row["warning_code"] is None:
            rate = converted[1] / watched[1]
            expected = rate + EXPECTED_DIFFERENCE
            variances = (expected * (1 - expected), rate * (1 - rate))
            spread = sum(v / n for v, n in zip(variances, watched, strict=True))
            power = normal_power(
                EXPECTED_DIFFERENCE, 1, alpha=0.05, sigma=math.sqrt(spread)
            )
            assert row["power_rate"] == pytest.approx(power, abs=1e-6)
