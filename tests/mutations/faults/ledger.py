"""Faults of the ledger: mapping, order, direction, merges, what is known when."""

from tests.mutations.faults.fault import Fault

LEDGER_TESTS = "tests/models/test_ledger.py"
STEPS = "models/intermediate/int_followed_stage_changes.sql"
MAPPED = "models/intermediate/int_stage_spellings.sql"
ORDERED = "models/intermediate/int_ordered_stage_changes.sql"
SORTED = "models/intermediate/int_sorted_stage_changes.sql"
TRANSITIONS = "models/intermediate/int_transitions.sql"

LEDGER = [
    Fault(
        "a change whose stage is not registered is dropped",
        MAPPED,
        "left join {{ ref('int_stages') }}",
        "inner join {{ ref('int_stages') }}",
        "a_spelling_that_no_alias_names_is_unmapped_and_unregistered",
    ),
    Fault(
        "a change whose spelling has no alias is dropped",
        MAPPED,
        "left join aliases",
        "inner join aliases",
        "a_spelling_that_no_alias_names_is_unmapped_and_unregistered",
    ),
    Fault(
        "an alias still holds on the day it ends",
        MAPPED,
        "and spelled.changed_date < aliases.held_to\n                then aliases",
        "and spelled.changed_date <= aliases.held_to\n                then aliases",
        "an_alias_names_nothing_from_the_day_on_which_it_ends",
    ),
    Fault(
        "a stage retired by then is still mapped",
        MAPPED,
        "\n        and matched.changed_date < stages.held_to",
        "",
        "a_stage_retired_by_then_is_unmapped_though_its_alias_holds",
    ),
    Fault(
        "days of changes are cut in UTC, not in the reporting zone",
        "macros/times.sql",
        "timezone({{ reporting_zone() }}, timezone('UTC', {{ time }}))",
        "{{ time }}",
        "the_day_of_a_change_is_that_of_the_reporting_zone",
    ),
    Fault(
        "a fact told twice was known when it was told last",
        "models/intermediate/int_recorded_stage_changes.sql",
        "partition by transition_id order by known_at,",
        "partition by transition_id order by known_at desc,",
        f"{LEDGER_TESTS}"
        "::test_the_same_fact_from_two_files_is_one_transition_known_first",
    ),
    Fault(
        "what an extract lacks was deleted, though it may be among its rejects",
        "macros/admitted.sql",
        "sum(rejected_count) = 0 as is_whole",
        "true as is_whole",
        "tests/models/test_new_source.py"
        "::test_an_extract_with_rejected_records_proves_no_deletion",
    ),
    Fault(
        "ties are left in the order of their ids",
        SORTED,
        "tie_order, transition_id\n        ) as order_number",
        "transition_id\n        ) as order_number",
        "at_one_time_the_registry_s_order_decides",
    ),
    Fault(
        "at one time a loss is sorted by the order of its stage",
        SORTED,
        "when changes.is_lost then 2000000001\n            ",
        "",
        "at_one_time_lost_comes_last_and_unmapped_just_before_it",
    ),
    Fault(
        "the sequence that a source states is ignored",
        SORTED,
        "coalesce(source_sequence, 0),\n                tie_order, transition_id\n"
        "        ) as order_number",
        "tie_order, transition_id\n        ) as order_number",
        "at_one_time_the_source_s_sequence_goes_before_the_registry_s",
    ),
    Fault(
        "a change dated after as-of counts already",
        SORTED,
        "changed_at > (select runs.as_of from",
        "changed_at < (select runs.as_of from",
        "a_change_dated_after_as_of_is_awaited",
    ),
    Fault(
        "all changes of a merged record before the merge are absorbed",
        SORTED,
        "changed_at > survivor_entered_at and ",
        "",
        "a_merged_deal_s_changes_between_entry_and_merge_are_absorbed",
    ),
    Fault(
        "absorbed changes move the journey, so that a merge invents moves",
        STEPS,
        "where not is_absorbed and not is_awaited",
        "where not is_awaited",
        f"{LEDGER_TESTS}::test_a_merge_unites_histories_and_invents_no_backward_move",
    ),
    Fault(
        "after an unmapped stage a move is judged against nothing",
        STEPS,
        "count(case when not is_unmapped then 1 end)",
        "count(*)",
        f"{LEDGER_TESTS}"
        "::test_after_an_unknown_stage_a_move_is_judged_against_the_last_known",
    ),
    Fault(
        "going back is called going forward",
        TRANSITIONS,
        "\n            when changes.stage_order < changes.last_mapped_stage_order "
        "then 'backward'",
        "",
        "a_direction_is_the_first_that_applies",
    ),
    Fault(
        "a lost deal that comes back is not reopened",
        TRANSITIONS,
        "when (changes.was_won or changes.was_lost) and not changes.is_won",
        "when changes.was_won and not changes.is_won",
        "a_direction_is_the_first_that_applies",
    ),
    Fault(
        "a move to another pipeline is a move within one",
        TRANSITIONS,
        "when changes.pipeline_code <> changes.last_mapped_pipeline_code",
        "when false",
        "a_direction_is_the_first_that_applies",
    ),
    Fault(
        "the stage that a deal enters counts as skipped",
        TRANSITIONS,
        "and changes.stage_order > stages.stage_order",
        "and changes.stage_order >= stages.stage_order",
        "a_win_over_stages_is_a_win_and_says_how_many_it_skipped",
    ),
    Fault(
        "a lost stage on the way to a won one counts as skipped",
        TRANSITIONS,
        "\n        and not stages.is_lost",
        "",
        "a_lost_stage_in_between_is_not_skipped",
    ),
    Fault(
        "losing skips all stages before the lost one",
        TRANSITIONS,
        "where not changes.is_lost and not changes.was_lost",
        "where not changes.was_lost",
        "losing_skips_nothing",
    ),
    Fault(
        "entering a stage again, unmoved, is a second stay",
        "models/intermediate/int_stays.sql",
        "and not is_repeated\n",
        "\n",
        "a_repeated_entry_begins_no_stay",
    ),
    Fault(
        "a reopened loss stays lost",
        "models/intermediate/int_journey_standings.sql",
        "or is_lost <> was_lost",
        "or is_lost",
        "a_reopened_loss_is_open_again",
    ),
    Fault(
        "a lead's second deal continues it too",
        "models/intermediate/int_lead_deals.sql",
        "partition by source_code, lead_id, lead_number = 1",
        "partition by source_code, deal_id",
        "a_lead_s_first_deal_continues_it_and_the_next_is_its_second",
    ),
    Fault(
        "of two leads of a deal the later continues in it",
        "models/intermediate/int_lead_deals.sql",
        "order by leads_begun.begun_at nulls last",
        "order by leads_begun.begun_at desc",
        "a_deal_s_earliest_lead_continues_in_it",
    ),
]
