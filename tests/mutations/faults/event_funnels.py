"""Faults of event funnels: windows, ties, exclusions, modes, which attempt counts."""

from tests.mutations.faults.fault import Fault

ATTEMPTS = "models/intermediate/int_funnel_attempts.sql"
BEST = "models/intermediate/int_ranked_attempts.sql"
LEGS = "macros/event_funnels.sql"
HITS = "models/intermediate/int_funnel_hits.sql"
KEPT = "of_a_months_entries_with_one_next_second_step_the_last_inside_the_window_stays"
STRICT = "models/intermediate/int_funnel_strict_attempts.sql"
UNORDERED = "models/intermediate/int_funnel_unordered_attempts.sql"
EVENT_TESTS = "tests/models/test_event_funnels.py"
BROKEN_DOWN = "models/marts/fct_event_funnel_breakdowns.sql"
IN_EACH_DIMENSION = (
    "an_attempt_counts_once_in_each_dimension_and_an_excluded_one_reaches_nothing"
)

EVENT_FUNNELS = [
    Fault(
        "the window of an ordered funnel is exclusive",
        LEGS,
        "where runs.occurred_at <= legs.window_ends_at",
        "where runs.occurred_at < legs.window_ends_at",
        "a_step_at_the_end_of_the_window_counts_and_one_after_it_does_not",
    ),
    Fault(
        "the window of a strict funnel is exclusive",
        STRICT,
        "where runs.occurred_at <= legs.window_ends_at",
        "where runs.occurred_at < legs.window_ends_at",
        "another_action_between_two_steps_or_the_windows_end_ends_a_strict_attempt",
    ),
    Fault(
        "the window of an unordered funnel is exclusive",
        UNORDERED,
        "where reached_at <= window_ends_at",
        "where reached_at < window_ends_at",
        "steps_count_in_any_order_each_with_an_action_of_its_own",
    ),
    Fault(
        "the window starts anew at every step",
        LEGS,
        "{{ legs }}.entered_at,\n        {{ legs }}.window_ends_at,\n"
        "        {{ runs }}.to_step",
        "{{ legs }}.entered_at,\n        {{ runs }}.window_ends_at,\n"
        "        {{ runs }}.to_step",
        f"{EVENT_TESTS}::test_a_window_runs_from_the_first_step_not_from_the_one_before",
    ),
    Fault(
        "an attempt may begin outside the range of entries",
        "models/intermediate/int_funnel_ordered_attempts.sql",
        "where runs.from_step = 1 and runs.is_entry",
        "where runs.from_step = 1",
        "a_step_at_the_end_of_the_window_counts_and_one_after_it_does_not",
    ),
    Fault(
        "tied actions of one step fill its neighbour",
        "models/intermediate/int_funnel_runs.sql",
        "having count(*) < min(sets.steps_count)",
        "having count(*) < 1",
        "one_action_fills_one_step_and_tied_actions_as_many_as_they_are",
    ),
    Fault(
        "an exclusion tied with the last step voids",
        ATTEMPTS,
        "and spanned.until_at > exclusions.occurred_at",
        "and spanned.until_at >= exclusions.occurred_at",
        "an_excluded_action_voids_strictly_between_two_steps_or_to_the_windows_end",
    ),
    Fault(
        "an exclusion tied with the first step voids",
        ATTEMPTS,
        "and spanned.from_at < exclusions.occurred_at",
        "and spanned.from_at <= exclusions.occurred_at",
        "an_excluded_action_voids_strictly_between_two_steps_or_to_the_windows_end",
    ),
    Fault(
        "a void attempt beats a clean one",
        BEST,
        "dated.furthest_step_order desc, dated.is_void,",
        "dated.furthest_step_order desc, dated.is_void desc,",
        "the_furthest_counts_then_the_clean_then_the_first_done_then_the_last_begun",
    ),
    Fault(
        "a clean attempt beats a void one that came further",
        BEST,
        "dated.furthest_step_order desc, dated.is_void,",
        "dated.is_void, dated.furthest_step_order desc,",
        "the_furthest_counts_then_the_clean_then_the_first_done_then_the_last_begun",
    ),
    Fault(
        "of equal attempts the one begun first counts",
        BEST,
        "dated.entered_at desc,",
        "dated.entered_at,",
        "the_furthest_counts_then_the_clean_then_the_first_done_then_the_last_begun",
    ),
    Fault(
        "the best attempt of any month stands for all months",
        BEST,
        "partition by dated.unit_number, dated.entry_month\n",
        "partition by dated.unit_number\n",
        "the_furthest_counts_then_the_clean_then_the_first_done_then_the_last_begun",
    ),
    Fault(
        "months of entry are cut in UTC",
        BEST,
        "{{ reporting_month('attempts.entered_at') }}",
        "cast(date_trunc('month', attempts.entered_at) as date)",
        "the_month_of_an_entry_is_that_of_the_reporting_zone",
    ),
    Fault(
        "a strict attempt goes on over other actions",
        STRICT,
        "and legs.instant_number + 1 = runs.instant_number",
        "and legs.instant_number < runs.instant_number",
        "another_action_between_two_steps_or_the_windows_end_ends_a_strict_attempt",
    ),
    Fault(
        "a strict funnel sees no action but its steps",
        "models/intermediate/int_funnel_stream_instants.sql",
        "on streams.source_code = events.source_code\n",
        "on streams.source_code = events.source_code and events.event_code in (\n"
        "            select match_code from {{ ref('funnel_steps') }})\n",
        f"{EVENT_TESTS}"
        "::test_in_strict_funnels_any_event_between_two_steps_counts_unless_ignored",
    ),
    Fault(
        "an unordered funnel asks for its steps in order",
        UNORDERED,
        "and entries.occurred_at <= touches.occurred_at",
        "and entries.occurred_at <= touches.occurred_at and entries.step_mask = 1",
        "steps_count_in_any_order_each_with_an_action_of_its_own",
    ),
    Fault(
        "a range of entries limits the steps after them too",
        "models/intermediate/int_funnel_actions.sql",
        "case when events.is_dated then",
        "case when events.is_dated\n"
        "            and events.occurred_at < plain.entry_to then",
        f"{EVENT_TESTS}::test_a_range_limits_the_entry_alone",
    ),
    Fault(
        "an entry is kept for its next second step whatever its month",
        HITS,
        "and {{ month_number('entries.last_entered_at') }}"
        " = months.second_month_number\n",
        "\n",
        KEPT,
    ),
    Fault(
        "a second step of a month hides the month's entries behind it",
        HITS,
        "and entries.last_entered_at <= months.last_second_at\n",
        "\n",
        KEPT,
    ),
    Fault(
        "an entry tied with a second step is pruned",
        HITS,
        "select unit_number, occurred_at from second_steps\n",
        "select unit_number, occurred_at from second_steps where 1 = 0\n",
        KEPT,
    ),
    Fault(
        "a first step outside the range of entries takes an entry's place",
        HITS,
        "(select * from first_steps where is_entry)",
        "first_steps",
        KEPT,
    ),
    Fault(
        "an entry is kept for a second step of a later month past its window",
        HITS,
        "and followers.first_second_at\n        <= {{",
        "and followers.first_second_at\n        >= {{",
        KEPT,
    ),
    Fault(
        "an entry is kept for a second step of its month past its window",
        LEGS,
        "    where seconds.occurred_at\n        <= {{",
        "    where seconds.occurred_at\n        >= {{",
        KEPT,
    ),
    Fault(
        "what several entries at once tell is the first that was read",
        "models/intermediate/int_best_attempts.sql",
        "having count(*) > 1",
        "having count(*) > 2",
        "the_first_entry_of_a_month_counts_where_no_attempt_went_further",
    ),
    Fault(
        "a first entry counts for all months beside an attempt that went further",
        "models/intermediate/int_best_attempts.sql",
        "where further.unit_number is null",
        "where further.unit_number is null or 1 = 1",
        "the_first_entry_of_a_month_counts_where_no_attempt_went_further",
    ),
    Fault(
        "broken down, a step is reached by those who came past it alone",
        BROKEN_DOWN,
        "when levels.furthest_step_order >= steps.step_order",
        "when levels.furthest_step_order > steps.step_order",
        IN_EACH_DIMENSION,
    ),
    Fault(
        "broken down, what voids an attempt is a step of its funnel",
        BROKEN_DOWN,
        "where match_kind <> 'exclusion'",
        "where match_kind is not null",
        IN_EACH_DIMENSION,
    ),
]
