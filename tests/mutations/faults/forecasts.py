"""Faults of forecasts, quotas, bottlenecks and owners."""

from tests.mutations.faults.fault import Fault

CHANCES = "models/intermediate/int_chances.sql"
COHORTS = "models/intermediate/int_chance_cohorts.sql"
JOURNEYS = "models/intermediate/int_forecast_journeys.sql"
MEMBERS = "models/intermediate/int_chance_members.sql"
TOTALS = "models/intermediate/int_pipeline_forecasts.sql"
WINS = "models/intermediate/int_quota_wins.sql"
VALUES_THEN = "models/intermediate/int_forecast_values.sql"

FORECASTS = [
    Fault(
        "a past forecast knows outcomes that came to be known later",
        MEMBERS,
        "or coalesce(visits.end_known_at <= dates.forecast_at, true) as is_end_known",
        "or true as is_end_known",
        "an_outcome_known_only_later_was_open_when_the_forecast_was_made",
    ),
    Fault(
        "a past forecast knows moves that came to be known later",
        JOURNEYS,
        "when dates.is_as_known",
        "when false",
        "a_move_counts_from_when_it_was_known_and_in_a_backfill_from_when_it_happened",
    ),
    Fault(
        "who left early counts among those who outlast a stage's patience",
        COHORTS,
        "members.stayed_for > patiences.patience_count * members.patience, true",
        "true, true",
        "who_left_within_the_patience_tells_nothing_of_those_who_outlast_it",
    ),
    Fault(
        "a probability that has held all along foretells past outcomes",
        VALUES_THEN,
        "and changes.changed_at > timestamp '0001-01-01 00:00:00'",
        "",
        "a_value_that_has_held_all_along_is_hindsight_before_it_was_known",
    ),
    Fault(
        "a handful of outcomes measure a chance",
        CHANCES,
        "where counted.outcomes_count >= 30",
        "where counted.outcomes_count >= 1",
        "fewer_than_thirty_outcomes_measure_nothing",
    ),
    Fault(
        "the error of a chance averages out over deals that share it",
        TOTALS,
        "power(sum(shared_amount), 2) * max(variance)",
        "sum(power(shared_amount, 2)) * max(variance)",
        "the_error_of_a_chance_is_that_of_all_who_share_it_at_once",
    ),
    Fault(
        "a win on the day after the period counts in it",
        WINS,
        "and quotas.period_end > wins.won_date",
        "and quotas.period_end >= wins.won_date",
        "a_win_counts_for_its_owner_its_team_and_its_period_alone",
    ),
    Fault(
        "a deal due after the period covers its quota",
        "models/intermediate/int_quota_coverage.sql",
        "coalesce(quotas.ends_at > forecasts.expected_close_at, true)",
        "true",
        "deals_expected_in_time_cover_a_quota_by_their_measured_chance_else_the_stated",
    ),
    Fault(
        "a fraction of a deal fills a gap",
        "models/marts/fct_target_attainment.sql",
        "ceil(missing_value / nullif(deal_value * win_rate, 0))",
        "floor(missing_value / nullif(deal_value * win_rate, 0))",
        "what_is_missing_is_asked_of_new_deals_at_the_measured_rate_and_time",
    ),
    Fault(
        "who is at a stage still is thought to have left it",
        "models/intermediate/int_stage_waits.sql",
        "when stayed_for is null or stayed_for > watched_for then 'open'",
        "when stayed_for is null or stayed_for > watched_for then 'elsewhere'",
        "a_stay_leads_on_ends_elsewhere_or_goes_on_as_far_as_it_was_watched",
    ),
    Fault(
        "the newest months are held against themselves too",
        "models/intermediate/int_stage_drops.sql",
        "sum(case when recency between 4 and 15 then entered_count end)",
        "sum(case when recency between 1 and 15 then entered_count end)",
        "the_three_newest_mature_months_are_held_against_the_twelve_before_them",
    ),
    Fault(
        "an owner's rate stands as it is, however few the outcomes",
        "models/intermediate/int_owner_rates.sql",
        "/ (owners_variance + chance_variance)",
        "/ owners_variance",
        "few_outcomes_are_drawn_further_to_the_common_rate_than_many",
    ),
]
