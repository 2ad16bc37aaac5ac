"""The report's first screen: four questions, answered in words with numbers."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dagster_project.bi import write_report
from tests.bi.bi_generations import (
    SEGMENTS,
    STAGES,
    Publish,
    a_chance,
    a_change,
    a_conversion,
    a_play,
    a_quota,
    a_stop,
    a_warning,
    an_inquiry,
    everything,
)
from tests.bi.test_bi_report import HOSTILE, Page

Ask = Callable[..., dict[str, str]]
TARGET, CHANGE, STOP, ACTION = (
    "Are we on target?",
    "What changed since last month?",
    "Where do customers stop?",
    "What to do about it?",
)


@pytest.fixture
def ask(publish: Publish) -> Ask:
    """Call it with rows by table: what is answered, by question."""

    def answered(**tables: Any) -> dict[str, str]:
        known = {"dim_stages": STAGES, "dim_segments": SEGMENTS}
        return answers(write_report(publish(**known | tables)).read_text("utf-8"))

    return answered


def answers(page: str) -> dict[str, str]:
    """The text of each answer, its question taken off."""
    texts = re.findall(r"<article class=\"answer.*?</article>", page, re.DOTALL)
    told = [Page(text).sentences for text in texts]
    questions = (TARGET, CHANGE, STOP, ACTION)
    return {q: told[n].removeprefix(q).strip() for n, q in enumerate(questions)}


# ---- are we on target?


def test_a_quota_that_open_deals_cover_is_on_target(ask: Ask) -> None:
    told = ask(fct_target_attainment=[a_quota()])[TARGET]
    assert told.startswith(
        "On target 2024-04, all pipelines: EUR 600 of EUR 1,000 won (60.0 %). Open "
        "deals are expected to bring another EUR 400 by then, which covers the rest."
    )


def test_wins_whose_value_is_not_known_are_told_beside_an_amount(ask: Ask) -> None:
    told = ask(fct_target_attainment=[a_quota(unvalued_count=3)])[TARGET]
    assert "(60.0 %). Of 4 wins the value of 3 is not known. Open deals" in told


def test_wins_that_are_counted_need_no_value(ask: Ask) -> None:
    counted = a_quota(metric_code="won_count", unvalued_count=3)
    assert "not known" not in ask(fct_target_attainment=[counted])[TARGET]


def test_a_quota_that_nothing_covers_is_behind_and_says_what_it_takes(ask: Ask) -> None:
    short = a_quota(
        metric_code="won_count",
        target_value=20.0,
        won_value=12.0,
        weighted_value=2.5,
        remaining_value=8.0,
        missing_value=5.5,
        deals_needed_count=11,
        enter_by_at="2024-04-21 00:00:00",
        pipeline_code="p",
    )
    told = ask(fct_target_attainment=[short])[TARGET]
    assert told.startswith(
        "Behind 2024-04, p: 12.0 of 20.0 wins (60.0 %). Open deals are expected to "
        "bring another 2.5 by then; 5.5 is covered by nothing: 11 more deals would "
        "have to enter by 2024-04-21."
    )


def test_new_deals_that_would_come_too_late_are_not_asked_for_silently(
    ask: Ask,
) -> None:
    late = a_quota(missing_value=50.0, deals_needed_count=2, is_too_late=True)
    told = ask(fct_target_attainment=[late])[TARGET]
    assert told.startswith("Behind, too late for new deals")


def test_a_quota_that_is_won_is_met_already(ask: Ask) -> None:
    met = a_quota(won_value=1200.0, attainment_rate=1.2, remaining_value=0.0)
    told = ask(fct_target_attainment=[met])[TARGET]
    assert told.startswith("Met already 2024-04")
    assert "The quota is met before its end." in told


def test_without_quotas_it_says_so_and_how_to_decide_one(ask: Ask) -> None:
    told = ask()[TARGET]
    assert told.startswith("Not decided")
    assert "seeds/targets.csv" in told
    assert "2024-04-01,month,,,,won_count,,,,40" in told


def test_the_widest_quota_of_the_period_next_to_end_is_told(ask: Ask) -> None:
    quotas = [
        a_quota(period_start="2024-01-01", period_end="2024-02-01", is_ended=True),
        a_quota(period_end="2024-07-01", period_code="quarter"),
        a_quota(owner_id="o", target_value=5.0),
        a_quota(target_value=7.0, missing_value=1.0),
    ]
    told = ask(fct_target_attainment=quotas)[TARGET]
    assert "2024-04, all pipelines: EUR 600 of EUR 7 won" in told
    assert "Over: 2024-01, all pipelines: EUR 600 of EUR 1,000 won" in told
    assert "Of 3 quotas not yet over, 2 are met or covered." in told


def test_quotas_that_are_all_over_are_told_by_the_last(ask: Ask) -> None:
    old = {"is_ended": True, "missing_value": 400.0, "weighted_value": None}
    quotas = [
        a_quota(**old, period_start="2024-02-01", period_end="2024-03-01"),
        a_quota(**old, period_start="2024-03-01", period_end="2024-04-01"),
    ]
    told = ask(fct_target_attainment=quotas)[TARGET]
    assert told.startswith("Missed 2024-03, all pipelines")
    assert "no quota is decided for a later one" in told


# ---- what changed since last month?


def test_a_change_beyond_chance_is_told_with_both_rates_and_its_horizon(
    ask: Ask,
) -> None:
    told = ask(fct_monthly_conversions=[a_change(), a_conversion()])[CHANGE]
    assert told.startswith(
        "One rate “A” → “C”, p: 40.0 % within 90 days in 2024-03, 15.0 points more "
        "than the month before. 1 rates were held against the month before"
    )


def test_where_nothing_moved_beyond_chance_it_says_how_many_were_compared(
    ask: Ask,
) -> None:
    dull = {"is_change_significant": False, "change_q_value": 0.4}
    compared = [
        a_change(**dull),
        a_change(**dull, segment_code="s"),
        a_change(**dull, horizon_days=180, cohort_month="2024-01-01"),
    ]
    told = ask(fct_monthly_conversions=compared)[CHANGE]
    assert told.startswith("Nothing beyond chance 3 rates were held")
    assert "2024-03 within 90 days, 2024-01 within 180 days" in told
    assert "Each moved no further than chance would move it." in told


def test_a_change_of_an_earlier_month_is_no_news(ask: Ask) -> None:
    earlier = a_change(cohort_month="2024-02-01")
    now = a_change(is_change_significant=False, change_q_value=0.4)
    told = ask(fct_monthly_conversions=[earlier, now])[CHANGE]
    assert told.startswith("Nothing beyond chance 1 rates")


def test_a_change_of_a_segment_stands_behind_those_of_all(ask: Ask) -> None:
    rows = [a_change(segment_code="s", rate_change=-0.4), a_change()]
    told = ask(fct_monthly_conversions=rows)[CHANGE]
    assert told.startswith("2 rates “A” → “C”, p: 40.0 %")
    assert "“A” → “C”, p, Seekers: 40.0 %" in told
    assert "40.0 points less than the month before" in told


def test_where_no_two_months_can_be_compared_nothing_is_claimed(ask: Ask) -> None:
    told = ask(fct_monthly_conversions=[a_conversion()])[CHANGE]
    assert told.startswith("Not known yet No two months in a row")


# ---- where do customers stop?


def test_the_stage_that_most_are_lost_at_is_named_with_wait_and_drop(
    ask: Ask,
) -> None:
    few = a_stop(
        stage_code="b", lost_count=2, is_worst_drop=False, is_longest_wait=False
    )
    told = ask(fct_bottlenecks=[a_stop(), few, a_stop(segment_code="s")])[STOP]
    assert told.startswith(
        "A Most are lost at “A” (p): 18 of 50 stays ended there with a loss. "
        "Most time is waited at “A” (p): 75.0 % of it, half leave within 1.5 days; 4 "
        "of 10 there now are past patience. Conversion fell furthest from “A” to "
        "“B” (p): 50.0 % within 60 days, 2.0 points below the twelve months before."
    )


def test_where_nobody_is_lost_no_stage_is_blamed(ask: Ask) -> None:
    told = ask(fct_bottlenecks=[a_stop(lost_count=0, is_worst_drop=False)])[STOP]
    assert told.startswith("Nowhere yet No journey that stood in an open stage")


# ---- what to do about it?


def test_those_to_go_back_to_are_counted_by_the_play_they_wait_for(ask: Ask) -> None:
    chances = [a_chance(), a_chance(), a_chance(play_names="Write"), a_chance()]
    silent = a_chance(play_names=None)
    told = ask(fct_recovery_queue=[*chances, *[silent] * 5])[ACTION]
    assert told.startswith("Call soon Go back to 9 journeys dropped or silent")
    assert "3 of them wait for: “Call soon”." in told


def test_the_best_play_is_told_at_the_horizon_most_wins_are_known_for(
    ask: Ask,
) -> None:
    plays = [
        a_play(horizon_days=30, base_wins_count=4, added_wins=90.0),
        a_play(added_wins=2.0, play_code="write_soon"),
        a_play(),
        a_play(scenario_code="one_after_another", added_wins=70.0),
        a_play(scenario_code="together", play_code="all", added_wins=13.5),
    ]
    names = [{"play_code": "call_soon", "play_name": "Call soon"}]
    told = ask(fct_uplift_scenarios=plays, dim_plays=names)[ACTION]
    assert "“Call soon” would add most by itself (p): 10.0 wins to 40 within 90" in told
    assert "All together would add 13.5." in told


def test_warnings_are_told_in_their_own_words_and_only_if_they_warn(ask: Ask) -> None:
    calm = a_warning(is_warning=False, warning_text="B is fine", volume_code="b")
    told = ask(fct_early_warnings=[calm, a_warning()])[ACTION]
    assert "A 38 % under what June 2024 needs." in told
    assert "B is fine" not in told


def test_a_warning_says_whose_target_it_is_of(publish: Publish) -> None:
    owners = [{"owner_id": "o", "owner_name": "Ann"}]
    warning = a_warning(owner_id="o", team_code="north", metric_code="won_amount")
    file = write_report(publish(fct_early_warnings=[warning], dim_owners=owners))
    page = file.read_text("utf-8")
    told = "For p, Ann, north: A 38 % under what June 2024 needs."
    assert told in answers(page)[ACTION]
    assert "2024-06, p, Ann, north, won amount" in Page(page).sentences


def test_inquiries_of_the_newest_month_that_nobody_booked_are_counted(
    ask: Ask,
) -> None:
    inquiries = [
        an_inquiry(inquiry_month="2024-03-01"),
        an_inquiry(),
        an_inquiry(event_code="called", answered_at="2024-04-02 00:00:00"),
        an_inquiry(is_unrecorded=False, answered_at="2024-04-02 00:00:00"),
    ]
    told = ask(fct_unrecorded_inquiries=inquiries)[ACTION]
    assert "Put 2 of 3 inquiries of 2024-04 into the books; 1 had no answer." in told


def test_inquiries_of_a_month_are_added_up_over_channels(ask: Ask) -> None:
    asked = {
        "inquiry_month": "2024-04-01",
        "event_code": "asked",
        "inquiries_count": 5,
        "unrecorded_count": 2,
        "recorded_count": 3,
        "unanswered_count": 1,
    }
    months = [dict(asked, channel_code=code) for code in ("web", "phone")]
    told = ask(fct_inquiry_months=months)[ACTION]
    assert "Put 4 of 10 inquiries of 2024-04 into the books; 2 had no answer." in told


def test_where_nothing_is_due_it_says_so(ask: Ask) -> None:
    assert ask()[ACTION].startswith("Nothing is due No play is decided")


# ---- all of them


def test_each_answer_leads_to_its_section(publish: Publish) -> None:
    page = write_report(publish(**everything())).read_text("utf-8")
    targets = re.findall(r'class="more"><a href="#([\w-]+)"', page)
    assert len(targets) == 4
    ids = {attributes.get("id") for _, attributes in Page(page).tags}
    assert {*targets} <= ids


def test_an_empty_mart_says_the_reason_it_was_given(publish: Publish) -> None:
    reasons = {"fct_target_attainment": ["seeds/targets.csv has no row"]}
    page = Page(write_report(publish(), reasons).read_text("utf-8"))
    assert "Why fct_target_attainment has no row:" in page.sentences
    assert "seeds/targets.csv has no row" in page.sentences
    assert "funnelhouse explain fct_loss_reasons says why" in page.sentences


def test_a_name_that_holds_a_script_stays_a_text_in_each_answer(ask: Ask) -> None:
    hostile = [dict(stage, stage_name=HOSTILE) for stage in STAGES]
    told = ask(
        dim_stages=hostile,
        fct_bottlenecks=[a_stop()],
        fct_monthly_conversions=[a_change()],
        fct_recovery_queue=[a_chance(play_names=HOSTILE)],
        fct_early_warnings=[a_warning(warning_text=HOSTILE)],
        fct_target_attainment=[a_quota(owner_id=HOSTILE)],
    )
    assert all(HOSTILE in text for text in told.values())


def test_nobody_s_journey_or_person_is_in_the_page(publish: Publish) -> None:
    hidden = "person-7f3a"
    chance = a_chance(journey_id=hidden, person_id=hidden, deal_id=hidden)
    asked = an_inquiry(event_id=hidden, person_id=hidden, journey_id=hidden)
    tables = {"fct_recovery_queue": [chance], "fct_unrecorded_inquiries": [asked]}
    page = write_report(publish(**everything() | tables)).read_text("utf-8")
    assert hidden not in page
