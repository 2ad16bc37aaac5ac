"""The sample's planted truth, found again in the marts."""

import csv
import json
import math
import operator
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project.samples import world, write_samples
from dagster_project.settings import ROOT
from tests.warehouse import Marts, Warehouse, write_seeds

pytestmark = pytest.mark.slow

SOURCES = "hubspot,segment,ad_spend"
OUTCOMES = ("won", "lost", "open")
LIVE = "not is_deleted and not is_duplicate"
Truth = dict[str, Any]
Row = dict[str, str]


@pytest.fixture(scope="module")
def sample(warehouse: Warehouse) -> tuple[Marts, Truth, Path]:
    """Marts of a sample, the truth planted in it, and its extracts."""
    warehouse.clear()
    write_seeds(warehouse.root / "seeds", {})
    extracts = warehouse.root / "extracts"
    summary = write_samples(extracts, deals=1_500, events=20_000, months=9, seed=5)
    truth = json.loads(summary.truth.read_text(encoding="utf-8"))
    return warehouse.night(sources=SOURCES), truth, extracts


@pytest.fixture(scope="module")
def marts(sample: tuple[Marts, Truth, Path]) -> Marts:
    return sample[0]


@pytest.fixture(scope="module")
def truth(sample: tuple[Marts, Truth, Path]) -> Truth:
    return sample[1]


@pytest.fixture(scope="module")
def realised(truth: Truth) -> Truth:
    return dict(truth["realised"])


def seed(name: str) -> list[Row]:
    with (ROOT / f"seeds/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def stages() -> dict[str, str]:
    """Our code of each of the sample's stage ids."""
    rows = seed("stage_aliases")
    return {row["source_stage"]: row["stage_code"] for row in rows}


@pytest.fixture(scope="module")
def pipelines(truth: Truth) -> dict[str, str]:
    """Our code of each of the sample's pipelines: that of its first stage."""
    codes = {row["source_stage"]: row["pipeline_code"] for row in seed("stage_aliases")}
    return {
        row["pipeline"]: codes[row["stages_in_order"][0]] for row in truth["pipelines"]
    }


@pytest.fixture(scope="module")
def channels() -> dict[str, str]:
    rows = [row for row in seed("channels") if row["source_code"] == "hubspot"]
    return {row["source_channel"]: row["channel_code"] for row in rows}


def test_journeys_and_outcomes_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, pipelines: dict[str, str], channels: dict[str, str]
) -> None:
    found = marts(f"""
        select pipeline_code, segment_code, channel_code, outcome_code, count(*)
        from marts.fct_journeys where {LIVE} group by all
    """)
    expected = {
        (pipelines[row["pipeline"]], row["segment"], channels[row["channel"]], outcome):
        row[f"{outcome}_count"]
        for row in realised["journeys"]
        for outcome in OUTCOMES
        if row[f"{outcome}_count"]
    }  # fmt: skip
    assert {tuple(key): count for *key, count in found} == expected
    assert sum(expected.values()) == realised["journeys_count"]


def test_journeys_have_campaigns_and_keywords_of_their_own_channel(
    marts: Marts, channels: dict[str, str]
) -> None:
    planted = {
        (channels[each.channel], each.campaign, each.keyword or None)
        for each in world.SOURCES
        if each.campaign
    }
    found = marts(f"""
        select distinct channel_code, campaign, keyword from marts.fct_journeys
        where {LIVE} and coalesce(campaign, keyword) is not null
    """)
    assert set(found) == planted


@pytest.mark.parametrize("name", ["pipeline", "segment", "channel"])
def test_groups_are_exactly_the_realised_ones(
    name: str,
    marts: Marts,
    realised: Truth,
    pipelines: dict[str, str],
    channels: dict[str, str],
) -> None:
    found = marts(f"""
        select {name}_code, count(*), {
        ", ".join(
            f"count(*) filter (where outcome_code = '{outcome}')"
            for outcome in OUTCOMES
        )
    }
        from marts.fct_journeys where {LIVE} group by all
    """)
    codes = {"pipeline": pipelines, "channel": channels}.get(name, {})
    columns = ("journeys_count", *(f"{outcome}_count" for outcome in OUTCOMES))
    expected = {
        codes.get(key, key): tuple(group[column] for column in columns)
        for key, group in realised[f"by_{name}"].items()
    }
    assert {key: tuple(counts) for key, *counts in found} == expected


def test_moves_have_exactly_the_realised_directions(
    marts: Marts, realised: Truth
) -> None:
    found = marts("""
        select direction_code, count(*) from marts.fct_stage_transitions
        where not is_deleted and not is_absorbed group by all
    """)
    assert dict(found) == realised["directions"]
    assert sum(dict(found).values()) == realised["transitions_count"]


def test_merged_and_deleted_deals_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth
) -> None:
    merged = marts.one("""
        select count(distinct facts.deal_id), count(*)
        from marts.fct_stage_transitions as facts
        inner join marts.fct_journeys as journeys using (journey_id)
        where facts.deal_id <> journeys.deal_id
    """)
    assert merged == (realised["merged_count"], realised["absorbed_transitions_count"])
    deleted = "select count(*) from marts.fct_journeys where is_deleted"
    assert marts.one(deleted) == (realised["deleted_count"],)
    moves = "select count(*) from marts.fct_stage_transitions where is_deleted"
    assert marts.one(moves) == (realised["deleted_transitions_count"],)


@pytest.mark.parametrize(
    ("name", "direction"), [("reopened", "reopen"), ("transferred", "transfer")]
)
def test_journeys_that_turn_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, name: str, direction: str
) -> None:
    query = f"""
        select count(distinct journey_id) from marts.fct_stage_transitions
        where not is_deleted and direction_code = '{direction}'
    """
    assert marts.one(query) == (realised[f"{name}_count"],)


def test_entries_in_the_middle_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth
) -> None:
    found = marts.one(f"""
        select count(*) from marts.fct_journeys as journeys
        inner join marts.dim_stages as stages
            on journeys.entry_pipeline_code = stages.pipeline_code
            and journeys.entry_stage_code = stages.stage_code
        where {LIVE} and stages.stage_order > 1
    """)
    assert found == (realised["mid_pipeline_entries_count"],)


def test_cohorts_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    found = marts("""
        select
            strftime(cohort_month, '%Y-%m-%d'), pipeline_code, from_stage_code,
            to_stage_code, entered_count, converted_count
        from marts.fct_monthly_conversions
        where horizon_days = 90 and segment_code = 'all' and channel_code = 'all'
            and pipeline_code <> 'all'
    """)
    expected = {
        (
            row["cohort_month"],
            pipelines[row["pipeline"]],
            stages[row["from_stage"]],
            stages[row["to_stage"]],
            row["entered_count"],
            row["converted_count"],
        )
        for row in realised["cohorts_90_days"]
    }
    assert set(found) == expected


def test_conversion_of_mature_cohorts_is_as_planted(
    marts: Marts,
    truth: Truth,
    pipelines: dict[str, str],
    channels: dict[str, str],
    stages: dict[str, str],
) -> None:
    """Within 4.5 standard errors in each of about forty cells."""
    planted = {
        (
            pipelines[row["pipeline"]],
            row["segment"],
            channels[row["channel"]],
            stages[row["from_stage"]],
            stages[row["to_stage"]],
        ): row["probability_90_days"]
        for row in truth["planted"]["conversions"]
    }
    trial = truth["planted"]["trial"]
    found = marts(
        """
        select
            pipeline_code, segment_code, channel_code, from_stage_code, to_stage_code,
            sum(entered_count), sum(converted_count)
        from marts.fct_monthly_conversions
        where horizon_days = 90 and is_mature
            and 'all' not in (pipeline_code, segment_code, channel_code)
            and not (
                segment_code = ? and from_stage_code = ?
                and cohort_month >= cast(? as date) and cohort_month < cast(? as date)
            )
        group by all
        """,
        *(trial["segment"], stages[trial["from_stage"]]),
        *(trial["begins"], trial["ends"]),
    )
    gaps: Counter[tuple[str, ...]] = Counter()
    variances: Counter[tuple[str, ...]] = Counter()
    for *key, entered, converted in found:
        if (chance := planted.get(tuple(key))) is not None:
            pipeline, segment, _, start, goal = key
            gaps[pipeline, segment, start, goal] += converted - entered * chance
            variances[pipeline, segment, start, goal] += entered * chance * (1 - chance)
    scores = {cell: gap / math.sqrt(variances[cell]) for cell, gap in gaps.items()}
    assert len(scores) > 25
    assert {cell: score for cell, score in scores.items() if abs(score) > 4.5} == {}


def test_segments_that_were_planted_apart_are_told_apart(marts: Marts) -> None:
    rates = dict(
        marts("""
        select segment_code, sum(converted_count) / sum(entered_count)
        from marts.fct_monthly_conversions
        where horizon_days = 90 and is_mature and pipeline_code = 'all'
            and channel_code = 'all' and from_stage_code = (
                select arg_min(stage_code, stage_order) from marts.dim_stages
                where pipeline_code = 'sales'
            )
            and to_stage_code = (
                select arg_min(stage_code, stage_order) from marts.dim_stages
                where pipeline_code = 'sales' and stage_order > 1
            )
        group by all
    """)
    )
    assert rates["referred"] > rates["researcher"] > rates["quick"] > rates["other"]


def test_the_trial_counts_are_exactly_the_realised_ones(
    marts: Marts, truth: Truth, realised: Truth
) -> None:
    trial, counted = truth["planted"]["trial"], realised["trial_30_days"]
    treated, control = (
        tuple(counted[trial[name]].values()) for name in ("segment", "control_segment")
    )
    found = marts.one("""
        select
            treated_watched_count, treated_converted_count,
            compared_watched_count, compared_converted_count
        from marts.fct_experiment_results where comparison_code = 'control'
    """)
    assert found == (*treated, *control)


def test_what_the_trial_gained_is_found_beyond_chance(
    marts: Marts, truth: Truth
) -> None:
    """The gain is planted for ever, and for the plain channel; counted is one month."""
    trial = truth["planted"]["trial"]
    difference, low, high, p_value, is_mature = marts.one("""
        select difference, difference_low, difference_high, p_value, is_mature
        from marts.fct_experiment_results where comparison_code = 'before'
    """)
    gain = trial["gain"] * trial["share_within_30_days"]
    assert is_mature
    assert low < gain < high
    assert difference > 0
    assert p_value < 0.05


def test_quotas_are_met_by_exactly_the_realised_wins(
    marts: Marts, realised: Truth, pipelines: dict[str, str]
) -> None:
    found = marts("""
        select pipeline_code, period_start, period_end, won_count
        from marts.fct_target_attainment
        where period_start < (select max(calendar_month) from marts.dim_dates)
    """)
    wins = [
        (pipelines[row["pipeline"]], date.fromisoformat(row["month"]), row["won_count"])
        for row in realised["won_by_month"]
    ]
    assert found
    for pipeline, start, end, count in found:
        months = (n for code, at, n in wins if code == pipeline and start <= at < end)
        assert sum(months) == count


def test_a_forecast_holds_what_was_won_later(
    marts: Marts,
    realised: Truth,
    pipelines: dict[str, str],
    stages: dict[str, str],
) -> None:
    """The future is drawn too; nothing of it is in the extracts."""
    found = marts("""
        select
            pipeline_code, stage_code, open_count - unmeasured_count, measured_wins,
            (measured_wins_high - measured_wins_low) / 3.92
        from marts.fct_pipeline_forecast
        where is_as_of and close_code = 'all' and segment_code = 'all'
            and 'all' not in (pipeline_code, stage_code)
    """)
    opened: Counter[tuple[str, str]] = Counter()
    won: Counter[tuple[str, str]] = Counter()
    for row in realised["later"]:
        key = (pipelines[row["pipeline"]], stages[row["stage"]])
        opened[key] += row["open_count"]
        won[key] += row["won_later_count"]
    scores = {
        (pipeline, stage): (won[pipeline, stage] - wins) / error
        for pipeline, stage, count, wins, error in found
        if count == opened[pipeline, stage]
    }
    assert len(scores) >= 5
    assert {key: score for key, score in scores.items() if abs(score) > 4} == {}


def test_losses_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    found = marts("""
        select pipeline_code, segment_code, stage_code, sum(lost_count)
        from marts.fct_loss_reasons group by all
    """)
    expected: Counter[tuple[str, str, str]] = Counter()
    for row in realised["lost_by_stage"]:
        place = (pipelines[row["pipeline"]], row["segment"], stages[row["stage"]])
        expected[place] += row["lost_count"]
    assert {tuple(key): count for *key, count in found} == dict(expected)


def test_customers_and_their_purchases_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth
) -> None:
    found = marts.one("""
        select
            count(distinct customer_id), count(*),
            count(distinct customer_id) filter (where purchase_number > 1)
        from marts.fct_customer_paths where purchase_number is not null
    """)
    customers = realised["customers"]
    names = ("customers_count", "purchases_count", "repeat_customers_count")
    assert found == tuple(customers[name] for name in names)
    followed = marts.one("""
        select customers_count from marts.fct_customer_value
        where purchase_month is null and pipeline_code = 'all'
            and followup_code = 'repeat' and horizon_days = 90
    """)
    assert followed == (customers["customers_count"],)


def test_journeys_by_recommendation_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, channels: dict[str, str]
) -> None:
    """The shipped seeds/origins.csv takes channel `referral` for a recommendation."""
    (referred,) = (
        group
        for name, group in realised["by_channel"].items()
        if channels[name] == "referral"
    )
    found = marts("""
        select sum(journeys_count), sum(won_count) from marts.fct_journey_origins
        where horizon_days = 90 and origin_code = 'referral'
    """)
    assert found == [(referred["journeys_count"], referred["won_count"])]
    total = "select sum(journeys_count) from marts.fct_journey_origins where"
    total += " horizon_days = 90 and origin_code = 'all'"
    assert marts.one(total) == (realised["journeys_count"],)


def test_who_did_the_same_is_one_variant_and_everybody_is_in_one(
    marts: Marts, realised: Truth
) -> None:
    found = marts("""
        select variant_kind_code, sum(journeys_count)
        from marts.fct_journey_variants
        where horizon_days = 90 and segment_code <> 'all'
        group by variant_kind_code
    """)
    assert {count for _, count in found} == {realised["journeys_count"]}
    assert len(found) == 4


def test_stays_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    names = ("visits", "open", "advanced", "lost", "elsewhere")
    columns = (*(f"{name}_count" for name in names), "median_seconds")
    found = marts(f"""
        select pipeline_code, stage_code, {", ".join(columns)}
        from marts.fct_bottlenecks where segment_code = 'all'
    """)
    assert {(row[:2], row[2:]) for row in found} == {
        (
            (pipelines[row["pipeline"]], stages[row["stage"]]),
            tuple(row[column] for column in columns),
        )
        for row in realised["stays"]
    }


def test_stages_proven_by_customers_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    """Of those that seeds/funnel_steps.csv names an action for."""
    found = marts("""
        select
            pipeline_code, stage_code,
            sum(journeys_count) filter (where evidence_code = 'all'),
            sum(journeys_count) filter (where evidence_code = 'proven'),
            sum(journeys_count) filter (where evidence_code = 'proven_later')
        from marts.fct_stage_evidence
        where owner_id = 'all' and horizon_days = 90
        group by all
        having count(*) filter (where evidence_code = 'seller_only') > 0
    """)
    planted = {
        (pipelines[row["pipeline"]], stages[row["stage"]]): row
        for row in realised["proofs"]
    }
    assert len(found) == 2
    for pipeline, stage, entered, proven, later in found:
        row = planted[pipeline, stage]
        counts = (entered, proven + (later or 0))
        assert counts == (row["entered_count"], row["proven_count"])


def test_what_owners_came_to_is_exactly_the_realised(
    marts: Marts, realised: Truth, pipelines: dict[str, str]
) -> None:
    found = marts("""
        select pipeline_code, owner_id, journeys_count, won_count, lost_count
        from marts.fct_owner_performance
        where pipeline_code <> 'all' and owner_id <> 'all'
    """)
    names = ("journeys_count", "won_count", "lost_count")
    assert sorted(set(found)) == sorted(
        (pipelines[row["pipeline"]], row["owner"], *(row[name] for name in names))
        for row in realised["owners"]
    )


def test_scoring_rules_are_met_by_exactly_the_realised_journeys(
    marts: Marts, realised: Truth
) -> None:
    found = marts(f"""
        select trim(rule_code), count(*) from (
            select unnest(string_split(scores.met_rules, ',')) as rule_code
            from marts.fct_lead_scores as scores
            inner join marts.fct_journeys as journeys using (journey_id)
            where {LIVE}
        ) group by all
    """)
    assert realised["scores"].items() <= dict(found).items()


def test_leads_with_points_convert_better_as_planted(marts: Marts) -> None:
    """Who reads up or is recommended has the better chances."""
    lift = dict(
        marts("""
        select band_code, lift from marts.fct_lead_score_calibration
        where pipeline_code = 'all' and horizon_days = 90 and band_code <> 'points'
    """)
    )
    assert lift["sales_qualified"] > lift["marketing_qualified"] > 1
    assert lift["unqualified"] < lift["all"] == 1


def test_channels_cost_and_bring_exactly_the_realised(
    marts: Marts, realised: Truth, channels: dict[str, str]
) -> None:
    found = marts("""
        select channel_code, leads, spend_amount from marts.fct_channel_performance
        where period_code = 'all' and horizon_days = 90
            and attribution_code = 'stated' and channel_code <> 'all'
    """)
    spent = {code: float(amount) for code, amount in realised["spend"].items()}
    assert {code: leads for code, leads, _ in found if leads} == {
        channels[name]: group["journeys_count"]
        for name, group in realised["by_channel"].items()
    }
    assert len(spent) == 2
    assert {code: amount for code, _, amount in found if amount} == pytest.approx(spent)


def test_forms_that_nobody_recorded_are_exactly_the_planted_ones(
    marts: Marts, realised: Truth
) -> None:
    """Those of people whom the CRM never heard of, and those of deleted deals."""
    found = marts.one("""
        select count(*) from marts.fct_unrecorded_inquiries
        where event_code = 'form_submitted' and is_unrecorded and journey_id is null
    """)
    names = ("unrecorded_forms_count", "deleted_forms_count")
    assert found == (sum(realised[name] for name in names),)


def test_the_speed_of_answers_changes_nothing_as_planted(marts: Marts) -> None:
    """Answers are drawn apart from what becomes of a deal."""
    groups = {
        answer: (count, rate)
        for answer, count, rate in marts("""
            select answer_code, watched_count, conversion_rate
            from marts.fct_response_speeds
            where pipeline_code = 'sales' and horizon_days = 90
                and within_seconds = 14400
        """)
    }
    (some, fast), (others, slow) = groups["answered"], groups["not_yet"]
    assert min(some, others) > 200
    pooled = (some * fast + others * slow) / (some + others)
    error = math.sqrt(pooled * (1 - pooled) * (1 / some + 1 / others))
    assert abs(fast - slow) < 4 * error


def test_those_to_go_back_to_are_exactly_the_lost_and_some_of_the_open(
    marts: Marts, realised: Truth, pipelines: dict[str, str]
) -> None:
    found = {
        (pipeline, reason): count
        for pipeline, reason, count in marts("""
            select pipeline_code, reason_code, count(*)
            from marts.fct_recovery_queue group by all
        """)
    }
    for name, group in realised["by_pipeline"].items():
        pipeline = pipelines[name]
        assert found[pipeline, "dropped"] == group["lost_count"]
        assert 0 < found[pipeline, "silent"] < group["open_count"]


def test_activity_is_counted_as_it_was_written_and_mails_by_their_direction(
    sample: tuple[Marts, Truth, Path],
) -> None:
    marts, _, extracts = sample
    written: Counter[str] = Counter()
    for path in (extracts / "hubspot").glob("engagement_[cem]*/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            written.update(row.get("type", "") for row in csv.DictReader(file))
    found = dict(
        marts("""
        select volume_code, sum(volume_count) from marts.fct_activity_volumes
        where volume_kind = 'activity' and pipeline_code = 'all' group by all
    """)
    )
    assert found["call_held"] == written["CALL"] > 0
    assert found["meeting_held"] == written["MEETING"] > 0
    assert found["email_received"] == written["INCOMING_EMAIL"] > 0
    # what is written after a sale wins none
    assert 0 <= written["EMAIL"] - found["email_sent"] < 10


def test_steps_that_plays_raise_are_reached_by_exactly_the_realised_journeys(
    marts: Marts, realised: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    found = marts("""
        select pipeline_code, stage_code, reached_count
        from marts.fct_step_rates where horizon_days = 90
    """)
    reached = {
        (pipelines[row["pipeline"]], stages[row["stage"]]): row["reached_count"]
        for row in realised["reached_90_days"]
    }
    assert {tuple(key): count for *key, count in found} == reached
    wins = marts("""
        select distinct scenarios.pipeline_code, steps.stage_code, base_wins_count
        from marts.fct_uplift_scenarios as scenarios
        inner join marts.fct_step_rates as steps
            on scenarios.pipeline_code = steps.pipeline_code
            and scenarios.horizon_days = steps.horizon_days
            and steps.is_sale
        where scenarios.horizon_days = 90
    """)
    assert wins
    assert {tuple(key): count for *key, count in wins}.items() <= reached.items()


def test_an_inquiry_brings_the_wins_that_were_planted(
    marts: Marts, truth: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    """Weighted by who asked; the trial raised the chances of some a little."""
    chances = {
        (row["from_stage"], row["segment"], row["channel"]): row["probability"]
        for row in truth["planted"]["wins"]
    }
    for name, pipeline in pipelines.items():
        made = next(p for p in truth["pipelines"] if p["pipeline"] == name)
        first = made["stages_in_order"][0]
        found, count = marts.one(
            """
            select max(wins_per_volume), sum(volume_count)
            from marts.fct_activity_volumes
            where volume_kind = 'stage' and pipeline_code = ? and volume_code = ?
            """,
            *(pipeline, stages[first]),
        )
        who = [row for row in truth["realised"]["journeys"] if row["pipeline"] == name]
        weights = [row["journeys_count"] for row in who]
        planted = [chances[first, row["segment"], row["channel"]] for row in who]
        expected = sum(map(operator.mul, weights, planted)) / sum(weights)
        error = math.sqrt(expected * (1 - expected) / int(count))
        assert abs(found - expected) < 4 * error


@pytest.mark.parametrize(
    ("table", "code", "names"),
    [
        ("fct_loss_reasons", "loss_reason_code", "dim_loss_reasons"),
        ("fct_uplift_scenarios", "play_code", "dim_plays"),
        ("fct_channel_performance", "channel_code", "dim_channels"),
        ("fct_segment_funnels", "segment_code", "dim_segments"),
    ],
)
def test_every_code_has_a_name(marts: Marts, table: str, code: str, names: str) -> None:
    used = f"select distinct {code} from marts.{table} where {code} <> 'all'"
    assert marts(used)
    assert marts(f"{used} and {code} not in (select {code} from marts.{names})") == []


def test_first_visits_of_stages_are_exactly_the_realised_ones(
    marts: Marts, realised: Truth, pipelines: dict[str, str], stages: dict[str, str]
) -> None:
    found = marts("""
        select
            strftime(month, '%Y-%m-%d'), pipeline_code, volume_code, volume_count
        from marts.fct_activity_volumes
        where volume_kind = 'stage' and pipeline_code <> 'all' and volume_count > 0
    """)
    entered = {
        (row["cohort_month"], pipelines[row["pipeline"]], stages[row["from_stage"]]):
        row["entered_count"]
        for row in realised["cohorts_90_days"]
    }  # fmt: skip
    open_stages = {code for _, _, code, _ in found}
    assert {tuple(key): count for *key, count in found} == {
        key: count for key, count in entered.items() if key[2] in open_stages
    }


@pytest.fixture(scope="module")
def text_values(marts: Marts) -> dict[str, list[str]]:
    """The distinct values of every text column of the marts."""
    columns = marts("""
        select table_name, column_name from information_schema.columns
        where table_schema = 'marts' and data_type = 'VARCHAR'
    """)
    found = defaultdict(list)
    for table, column in columns:
        query = f'select distinct "{column}" from marts."{table}"'
        found[f"{table}.{column}"] = [value for (value,) in marts(query) if value]
    return found


@pytest.fixture(scope="module")
def contacts(sample: tuple[Marts, Truth, Path]) -> list[Row]:
    rows: list[Row] = []
    for path in sorted((sample[2] / "hubspot/contact").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows


def test_no_mart_holds_an_email_address(
    text_values: dict[str, list[str]], contacts: list[Row]
) -> None:
    emails = {row["property_email"].lower() for row in contacts} - {""}
    assert len(emails) > 1_000
    for column, values in text_values.items():
        held = [value for value in values if "@" in value or value.lower() in emails]
        assert held == [], column


def test_no_mart_holds_the_name_of_a_contact(
    text_values: dict[str, list[str]], contacts: list[Row]
) -> None:
    names = {
        f"{row['property_firstname']} {row['property_lastname']}" for row in contacts
    }
    assert len(names) > 500
    pattern = re.compile("|".join(map(re.escape, sorted(names))), re.IGNORECASE)
    for column, values in text_values.items():
        held = [value for value in values if " " in value and pattern.search(value)]
        assert held == [], column


def test_persons_are_told_apart_without_their_names(
    marts: Marts, realised: Truth
) -> None:
    """Repeat journeys are known as such, though no address is kept."""
    found = marts.one(f"""
        select count(*) - count(distinct person_id), count(*) - count(person_id)
        from marts.fct_journeys where {LIVE}
    """)
    assert found == (realised["repeat_journeys_count"], 0)


def test_every_gate_is_green_on_the_sample(marts: Marts) -> None:
    offences = {
        "gates.gate_stage_codes": "unregistered_count + invalid_at_date_count > 0",
        "gates.gate_stage_aliases": "overlaps_count > 0 or not is_stage_registered",
        "gates.gate_files": "status_code <> 'landed' or rejected_count > 0",
        "gates.gate_castable_values": "uncastable_count > 0",
        "gates.gate_end_states": "differing_count > 0",
        "gates.gate_outcomes": "disagreeing_count > 0",
        "gates.gate_mart_codes": "not is_registered",
        "marts.dq_reconciliations": "difference_count <> 0",
    }
    for table, offence in offences.items():
        assert marts.one(f"select count(*) > 0 from {table}") == (True,), table
        assert marts(f"select * from {table} where {offence}") == [], table
