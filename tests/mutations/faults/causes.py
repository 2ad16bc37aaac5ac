"""Faults of causes and remedies: losses, proof, answers, plays, silences."""

from tests.mutations.faults.fault import Fault

CAUSES = [
    Fault(
        "a loss is told at the first of several",
        "models/intermediate/int_losses.sql",
        "order by step_number desc",
        "order by step_number",
        "a_journey_is_lost_from_where_it_last_was_and_misses_the_next_step_of_its_"
        "customer",
    ),
    Fault(
        "the step not taken may be the seller's",
        "models/intermediate/int_missed_steps.sql",
        "where actor_code = 'customer' and not is_retired",
        "where not is_retired",
        "the_step_not_taken_is_the_first_unreached_one_of_the_customer",
    ),
    Fault(
        "proof is read to the end",
        "models/intermediate/int_stage_evidence.sql",
        "when proven_at > landmark_at then 'proven_later'",
        "when proven_at is null then 'proven_later'",
        "a_stage_is_proven_by_a_customer_by_its_landmark_or_later_or_not_at_all",
    ),
    Fault(
        "who is watched for less than the horizon is asked too",
        "macros/statistics.sql",
        "and watched_for >= horizon_microseconds\n"
        "                    and not is_left_truncated\n"
        "                    then 1",
        "and not is_left_truncated\n                    then 1",
        "conversion_with_evidence_is_asked_of_those_watched_from_the_landmark_to_the_"
        "horizon",
    ),
    Fault(
        "an activity is told by the properties of a web event of its id",
        "models/intermediate/int_coded_actions.sql",
        "partition by told.event_kind, told.source_code, told.event_id",
        "partition by told.source_code, told.event_id",
        "the_narrowest_alias_names_an_action_and_one_without_a_code_ignores_it",
    ),
    Fault(
        "any direction of an activity is asked for",
        "models/intermediate/int_event_properties.sql",
        "        and activities.property_name = asked.property_name\n",
        "",
        "only_what_aliases_and_steps_ask_for_is_read_from_an_events_document",
    ),
    Fault(
        "an inquiry is missing before a journey is due",
        "models/intermediate/int_inquiries.sql",
        "when due_at > watched_until then 'awaited'",
        "when due_at is null then 'awaited'",
        "an_inquiry_is_in_the_books_if_its_journey_was_open_or_began_in_time",
    ),
    Fault(
        "who was answered as the delay ended was not yet",
        "models/intermediate/int_answered_clocks.sql",
        "entries.answered_within <= delays.within_microseconds",
        "entries.answered_within < delays.within_microseconds",
        "who_was_answered_by_a_delay_is_followed_from_there",
    ),
    Fault(
        "more reach a step than there are",
        "models/intermediate/int_play_effects.sql",
        "least(1, rates.step_rate * gained.multiplied + gained.added)",
        "rates.step_rate * gained.multiplied + gained.added",
        "percents_multiply_points_add_and_nobody_reaches_a_step_twice",
    ),
    Fault(
        "effects of steps are added up",
        "models/marts/fct_uplift_scenarios.sql",
        "{{ product_of('step_factor') }}",
        "sum(step_factor)",
        "plays_compound_and_are_told_alone_together_and_one_after_another",
    ),
    Fault(
        "who came just before an experiment is compared with it",
        "models/intermediate/int_experiment_arms.sql",
        "{{ plus_days('started_on', '-horizon_days') }}",
        "started_on",
        "an_experiment_is_compared_with_its_control_the_time_before_and_the_year_before",
    ),
    Fault(
        "a result stands while figures still move",
        "models/marts/fct_experiment_results.sql",
        "when not is_mature then 'not_mature'",
        "when is_mature is null then 'not_mature'",
        "a_result_warns_while_a_cohort_is_not_mature_or_too_small",
    ),
    Fault(
        "a result stands though its source stopped",
        "models/marts/fct_experiment_results.sql",
        "and treated_watched_until >= ",
        "and date '2999-12-31' >= ",
        "a_result_warns_while_a_cohort_is_not_mature_or_too_small",
    ),
    Fault(
        "a seller's call ends a silence",
        "models/intermediate/int_silences.sql",
        "where is_dated and actor_code = 'customer' and journey_id is not null",
        "where is_dated and journey_id is not null",
        "a_silence_lasts_from_one_sign_of_life_to_the_next",
    ),
    Fault(
        "a silence that begins past the watch is one",
        "models/intermediate/int_watched_silences.sql",
        "\n        and silences.began_at <= sources.observed_until",
        "",
        "a_silence_that_begins_past_the_watch_is_not_known_of",
    ),
    Fault(
        "a silence too young to tell counts as not won back",
        "models/intermediate/int_recovery_chances.sql",
        ">= ages.silent_microseconds + {{ recovery_microseconds() }}",
        ">= ages.silent_microseconds",
        "a_chance_is_of_silences_so_old_that_were_watched_long_enough_and_backs_off_"
        "below_thirty",
    ),
    Fault(
        "a chance of nothing is a chance nobody can tell",
        "models/marts/fct_recovery_reasons.sql",
        "count(*) - count(recovery_rate)",
        "count(*) - count(nullif(recovery_rate, 0))",
        "journeys_to_go_back_to_are_counted_by_reason_and_by_the_plays_of_their_step",
    ),
    Fault(
        "an inquiry that is in the books is answered",
        "models/marts/fct_inquiry_months.sql",
        "count(*) - count(answered_at)",
        "count(case when is_unrecorded and answered_at is null then 1 end)",
        "an_inquiry_counts_in_its_month_and_channel_as_recorded_or_not_and_answered_"
        "or_not",
    ),
    Fault(
        "a page seen after the landmark is the exit page",
        "models/intermediate/int_journey_pages.sql",
        "and journeys.landmark_at >= events.occurred_at",
        "and events.occurred_at is not null",
        "pages_and_interest_are_read_up_to_the_landmark",
    ),
    Fault(
        "a variant is compared with itself among the others",
        "models/intermediate/int_variant_differences.sql",
        "sum(watched_count) over (in_segment) - watched_count as others_watched_count",
        "sum(watched_count) over (in_segment) as others_watched_count",
        "a_variant_is_compared_with_all_others_of_its_segment_beyond_chance",
    ),
    Fault(
        "a rule is proposed of what may be chance",
        "models/marts/fct_journey_variants.sql",
        "coalesce(q_value < 0.05, false)",
        "coalesce(q_value <= 0.05, false)",
        "a_rule_is_proposed_for_a_sequence_that_stands_out_in_one_segment",
    ),
    Fault(
        "the order of a won deal is a purchase of its own",
        "models/intermediate/int_purchases.sql",
        "and coalesce(journeys.outcome_code, 'open') <> 'won'",
        "and coalesce(journeys.outcome_code, 'open') <> 'lost'",
        "wins_and_orders_are_purchases_and_the_order_of_a_won_deal_is_the_same_one",
    ),
    Fault(
        "what a journey came to be is what it was",
        "models/intermediate/int_customer_paths.sql",
        "when is_previous_ended then previous_outcome_code",
        "when previous_outcome_code <> 'open' then previous_outcome_code",
        "a_journey_is_the_first_a_repeat_a_win_back_or_parallel_by_what_came_before",
    ),
    Fault(
        "customers who had no time to buy again are asked",
        "models/marts/fct_customer_value.sql",
        "        followups.watched_for >= horizons.horizon_microseconds as is_watched,",
        "        true as is_watched,",
        "shares_and_values_are_of_customers_watched_to_the_horizon",
    ),
    Fault(
        "what was done after asking brought the journey",
        "models/intermediate/int_journey_origins.sql",
        "        and journeys.landmark_days = features.landmark_days",
        "        and features.landmark_days is not null",
        "a_journey_came_by_its_channel_its_stage_its_actions_or_as_a_customer_again",
    ),
]
