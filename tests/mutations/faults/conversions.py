"""Faults of monthly conversions: clocks, outcomes, horizons, maturity, statistics."""

from tests.mutations.faults.fault import Fault

CHANGES = "models/intermediate/int_rate_changes.sql"
ENDS = "models/intermediate/int_pair_ends.sql"
HORIZONS = "models/intermediate/int_cohort_horizons.sql"
MOMENTS = "macros/incidence.sql"
PAIRS = "models/intermediate/int_pair_moves.sql"
POINTS = MOMENTS
STATISTICS = "macros/statistics.sql"
STATISTICS_TESTS = "tests/models/test_statistics.py"

CONVERSIONS = [
    Fault(
        "the clock starts at the last visit, not the first",
        PAIRS,
        "min(step_number) as step_number,\n"
        "        {{ first_time('changed_at', 'step_number') }} as origin_at",
        "max(step_number) as step_number,\n        max(changed_at) as origin_at",
        "coming_back_starts_no_new_clock",
    ),
    Fault(
        "only the very next stage converts, none beyond it",
        PAIRS,
        "when later.order_at_as_of >= pairs.to_stage_order and not later.is_lost\n"
        "                    then later.step_number\n            end\n"
        "        ) as converted_at",
        "when later.order_at_as_of = pairs.to_stage_order and not later.is_lost\n"
        "                    then later.step_number\n            end\n"
        "        ) as converted_at",
        "a_stage_beyond_the_one_asked_for_converts_too",
    ),
    Fault(
        "losing converts, since its order is higher",
        PAIRS,
        "when later.order_at_as_of >= pairs.to_stage_order and not later.is_lost\n"
        "                    then later.step_number\n            end\n"
        "        ) as converted_at",
        "when later.order_at_as_of >= pairs.to_stage_order\n"
        "                    then later.step_number\n            end\n"
        "        ) as converted_at",
        "losing_converts_to_nothing_though_its_order_is_higher",
    ),
    Fault(
        "a loss that was reopened is a loss still",
        "models/intermediate/int_standing_losses.sql",
        "\n    having max(case when recency = 1 and is_lost then 1 else 0 end) = 1",
        "\n    having max(case when is_lost then 1 else 0 end) = 1",
        "a_loss_that_was_reopened_does_not_stand",
    ),
    Fault(
        "what is lost counts as open",
        ENDS,
        "then 'lost'\n            when paired",
        "then 'open'\n            when paired",
        "a_loss_without_conversion_is_lost",
    ),
    Fault(
        "a loss outdoes a conversion before it",
        ENDS,
        "and paired.converted_number\n"
        "                <= coalesce(losses.lost_number, paired.converted_number)",
        "and losses.lost_number is null",
        "a_conversion_before_the_loss_comes_first",
    ),
    Fault(
        "a move to another pipeline does not compete",
        ENDS,
        "when paired.departed_number is not null then 'transferred'",
        "when paired.departed_number is not null then 'open'",
        "a_transfer_out_competes",
    ),
    Fault(
        "a conversion after the watch ended counts",
        "models/intermediate/int_conversion_members.sql",
        "case when ended_after <= watched_for then end_code",
        "case when ended_after is not null then end_code",
        "a_conversion_after_the_watch_ended_is_open",
    ),
    Fault(
        "the horizon is exclusive",
        HORIZONS,
        "cohorts.followed_for <= horizons.horizon_microseconds as is_ended",
        "cohorts.followed_for < horizons.horizon_microseconds as is_ended",
        "a_conversion_in_the_last_moment_of_the_horizon_counts_and_one_after_it_does_not",
    ),
    Fault(
        "a cohort watched to the last second is not mature",
        HORIZONS,
        "and counted.watched_until >= {{",
        "and counted.watched_until > {{",
        "a_cohort_is_mature_once_its_last_member_was_watched_to_the_end_of_month_and_"
        "horizon",
    ),
    Fault(
        "a cohort is mature a day early",
        HORIZONS,
        "'counted.horizon_days * 86400'",
        "'(counted.horizon_days - 1) * 86400'",
        "a_cohort_one_second_short_of_that_is_not_mature",
    ),
    Fault(
        "a cohort is mature once its first member was watched to the horizon",
        HORIZONS,
        "min(observed_until) as watched_until",
        "max(observed_until) as watched_until",
        "a_cohort_one_second_short_of_that_is_not_mature",
    ),
    Fault(
        "a cohort with members known only from later on is mature",
        HORIZONS,
        "not counted.is_left_truncated\n        and ",
        "",
        "a_cohort_with_a_member_known_only_from_later_on_is_never_mature",
    ),
    Fault(
        "losses are censored, not competing",
        MOMENTS,
        "where end_code <> 'open'",
        "where end_code = 'converted'",
        "who_leaves_at_a_moment_is_still_at_risk_in_it",
    ),
    Fault(
        "who comes late is at risk from the start",
        MOMENTS,
        "-1e0 as leaving",
        "0e0 as leaving",
        "who_is_known_only_from_later_on_is_at_risk_after_that_moment",
    ),
    Fault(
        "survival falls by conversions alone in the Aalen-Johansen estimate",
        POINTS,
        "then ln(1 - ending_count / at_risk_count)",
        "then ln(1 - converting_count / at_risk_count)",
        "losses_compete_and_the_open_leave_the_count_at_risk",
    ),
    Fault(
        "incidence is weighted by survival after the moment",
        POINTS,
        "sum(survival_before * converting_count / at_risk_count)",
        "sum(survival_before * (1 - ending_count / at_risk_count)"
        " * converting_count / at_risk_count)",
        "losses_compete_and_the_open_leave_the_count_at_risk",
    ),
    Fault(
        "after the last at risk has left somebody survives",
        POINTS,
        "else cast('-infinity' as double)",
        "else 0e0",
        "after_the_last_at_risk_has_left_nobody_survives",
    ),
    Fault(
        "incidence at a horizon leaves out its last moment",
        "models/intermediate/int_cohort_incidence.sql",
        "on points.moment <= horizons.horizon_microseconds",
        "on points.moment < horizons.horizon_microseconds",
        "incidence_is_read_at_the_horizon_the_moment_on_it_included",
    ),
    Fault(
        "the variance of incidence lacks its covariance",
        "models/intermediate/int_cohort_incidence.sql",
        "- 2 * (incidence * covariance - covariance_first)",
        "- 0 * (incidence * covariance - covariance_first)",
        "without_loss_or_censoring_the_variance_is_that_of_a_proportion",
    ),
    Fault(
        "Wilson's interval has the plain rate in its middle",
        STATISTICS,
        "({{ successes }} + {{ z }} * {{ z }} / 2)"
        " / ({{ trials }} + {{ z }} * {{ z }})",
        "{{ successes }} / cast({{ trials }} as double)",
        f"{STATISTICS_TESTS}::test_intervals_of_rates_are_wilsons",
    ),
    Fault(
        "incidence is told where nobody was followed so long",
        "models/marts/fct_monthly_conversions.sql",
        "when cohorts.at_risk_count = 0 and coalesce(incidence.survival, 1) > 0",
        "when false",
        f"{STATISTICS_TESTS}"
        "::test_there_is_no_incidence_where_nobody_was_followed_so_long",
    ),
    Fault(
        "young months are tested against chance",
        CHANGES,
        "cohorts.is_mature and previous.is_mature as is_pair_mature",
        "true as is_pair_mature",
        "an_immature_month_is_not_tested",
    ),
    Fault(
        "cells of less than five are tested",
        STATISTICS,
        ") >= 5\n",
        ") >= 4\n",
        "a_cell_below_five_is_not_tested",
    ),
    Fault(
        "totals and their members are corrected together",
        CHANGES,
        "among=['cohort_month', 'horizon_days', 'is_total']",
        "among=['cohort_month', 'horizon_days']",
        "totals_are_corrected_apart_from_their_members",
    ),
    Fault(
        "a chance is corrected by how many are looked at, whatever its rank",
        STATISTICS,
        "p_value * comparisons_count / p_rank",
        "p_value * comparisons_count",
        f"{STATISTICS_TESTS}"
        "::test_many_comparisons_are_corrected_by_benjamini_and_hochberg",
    ),
    Fault(
        "the clock of a segment starts before its landmark",
        "models/intermediate/int_conversion_clocks.sql",
        "followed_for - lead_time as followed_for",
        "followed_for",
        "after_a_landmark_the_clock_of_a_segment_starts_there",
    ),
    Fault(
        "a landmark before the first visit moves the clock of a segment",
        ENDS,
        "case when landmark_at > origin_at then landmark_at end as landmark_at",
        "landmark_at",
        "a_landmark_starts_a_clock_where_it_lies_behind_the_first_visit",
    ),
]
