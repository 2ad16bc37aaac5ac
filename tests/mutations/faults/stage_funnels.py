"""Faults of stage funnels: what is touched, reached and in order; how visits end."""

from tests.mutations.faults.fault import Fault

JOURNEYS = "models/intermediate/int_funnel_journeys.sql"
MOVES = "models/intermediate/int_funnel_moves.sql"
SEQUENCES = "models/intermediate/int_funnel_sequences.sql"
STAGE_MOVES = "models/intermediate/int_funnel_stage_moves.sql"
VISITS = "models/intermediate/int_funnel_visits.sql"

STAGE_FUNNELS = [
    Fault(
        "a skipped step counts as touched",
        JOURNEYS,
        "case when moves.step_order = steps.step_order then 1 else 0 end",
        "case when moves.step_order >= steps.step_order then 1 else 0 end",
        "a_step_skipped_or_entered_beyond_is_reached_and_not_touched",
    ),
    Fault(
        "a step before the entry is skipped, not entered beyond",
        JOURNEYS,
        "cohorts.first_hit_step_order > steps.step_order",
        "cohorts.first_hit_step_order < steps.step_order",
        "a_step_skipped_or_entered_beyond_is_reached_and_not_touched",
    ),
    Fault(
        "going back moves the time at which a step was first reached",
        JOURNEYS,
        "{{ first_time('moves.moved_at', 'moves.move_number') }}",
        "max(moves.moved_at)",
        "coming_back_to_a_step_leaves_the_time_it_was_first_reached",
    ),
    Fault(
        "a loss is a step like any other",
        STAGE_MOVES,
        "            when is_lost then 'lost'\n",
        "            when is_lost then 'hit'\n",
        "losing_is_a_loss_and_a_stage_that_no_step_matches_is_nothing",
    ),
    Fault(
        "a loss is taken for a step of the order",
        SEQUENCES,
        "where move_kind = 'hit'",
        "where step_order is not null",
        "a_loss_is_no_step",
    ),
    Fault(
        "steps done in any order are in order",
        SEQUENCES,
        "\n        and hits.move_number < later.move_number",
        "",
        "steps_the_other_way_round_are_not_in_order",
    ),
    Fault(
        "an order goes on over a step that was skipped",
        SEQUENCES,
        "and hits.step_order + 1 = later.step_order",
        "and hits.step_order < later.step_order",
        "a_skipped_step_ends_the_order",
    ),
    Fault(
        "moving back is advancing",
        VISITS,
        "when next_step_order > step_order then 'advanced'",
        "when next_step_order <> step_order then 'advanced'",
        "a_visit_ends_with_the_next_step_forward_or_back",
    ),
    Fault(
        "a second hit of the same step is a visit of its own",
        VISITS,
        "or previous_step_order <> step_order",
        "or previous_step_order is not null",
        "a_second_hit_of_the_same_step_is_the_same_visit",
    ),
    Fault(
        "a reopened visit goes on where the loss had ended it",
        VISITS,
        "\n        or previous_kind is distinct from 'hit'",
        "",
        "a_loss_ends_a_visit_and_reopening_begins_another",
    ),
    Fault(
        "a visit of a won stage is open for ever",
        VISITS,
        "when next_kind is null and is_last_won then 'completed'\n            ",
        "",
        "a_last_visit_of_a_won_stage_is_completed",
    ),
    Fault(
        "an event moves a journey back",
        MOVES,
        "coalesce(step_order > furthest_before, true)",
        "true",
        "an_event_leads_on_and_never_back",
    ),
    Fault(
        "who entered past a step is counted as having skipped it",
        "models/marts/fct_segment_funnels.sql",
        "sum(is_reached - is_touched - is_reached_by_entry)",
        "sum(is_reached - is_touched)",
        "reached_is_touched_or_skipped_or_entered_beyond",
    ),
    Fault(
        "broken down, the deleted count too",
        "models/marts/fct_stage_funnel_breakdowns.sql",
        "where not journeys.is_deleted and not journeys.is_duplicate",
        "where not journeys.is_duplicate",
        "a_journey_counts_once_in_each_dimension",
    ),
]
