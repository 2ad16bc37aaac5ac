"""Faults of stage snapshots, of what a month moved, and of why it moved since."""

from tests.mutations.faults.fault import Fault

CHANGES = "models/intermediate/int_stage_day_changes.sql"
DAYS = "models/intermediate/int_stage_days.sql"
MONTHS = "models/intermediate/int_month_moves.sql"

SNAPSHOTS = [
    Fault(
        "a removed deal stays open for ever",
        DAYS,
        "sum(entered_count - left_count - removed_count)",
        "sum(entered_count - left_count)",
        "tests/models/test_ledger.py::test_snapshots_balance_on_every_day",
    ),
    Fault(
        "a removed deal is counted among those that left",
        CHANGES,
        "case when is_removed then 0 else 1 end as left_count",
        "1 as left_count",
        "a_deleted_journey_is_removed_and_has_not_left",
    ),
    Fault(
        "a won stage has snapshots like an open one",
        CHANGES,
        "where not is_won and not is_lost",
        "where not is_lost",
        "a_won_or_lost_stage_has_no_snapshot",
    ),
    Fault(
        "a stay that ended before its patience is stale",
        CHANGES,
        "ended_date > {{ reporting_date('stays.stale_at') }}",
        "ended_date is not null",
        "a_stay_that_ends_before_its_patience_is_never_stale",
    ),
    Fault(
        "deals age on after their source was last seen",
        DAYS,
        "least(days.ended_at, sources.observed_until) as aged_until",
        "days.ended_at as aged_until",
        "nothing_ages_past_the_time_until_which_its_source_was_watched",
    ),
    Fault(
        "a day without a change has no snapshot",
        DAYS,
        "left join changes",
        "inner join changes",
        "days_without_a_change_carry_what_is_open_and_its_age_on",
    ),
    Fault(
        "a deletion leaves the stay that it falls into open",
        "models/intermediate/int_stays.sql",
        "least(journeys.deleted_at, followed.next_effective_at) as ended_at",
        "followed.next_effective_at as ended_at",
        "a_deletion_ends_the_stay_that_it_falls_into_and_those_after_never_were",
    ),
    Fault(
        "a win is credited to the won stage itself",
        "models/intermediate/int_stays.sql",
        "then followed.previous_stage_code",
        "then followed.stage_code",
        "a_win_is_credited_to_the_stage_before_it_and_a_second_won_stage_is_none",
    ),
    Fault(
        "a removed deal is counted as a loss of its month",
        MONTHS,
        "case when next_is_lost and not is_removed then 1",
        "case when next_is_lost or is_removed then 1",
        "a_removed_journey_has_neither_left_nor_been_lost",
    ),
    Fault(
        "who is told late is open at the start of the very month of entry",
        "models/intermediate/int_throughput_deltas.sql",
        "when months.month > differing.month then differing.open_change_count",
        "when months.month >= differing.month then differing.open_change_count",
        "an_entry_told_late_stays_open_through_all_later_closed_months",
    ),
    Fault(
        "a row told late is called a corrected one",
        "models/intermediate/int_restatement_reasons.sql",
        "when late_row_count > corrected_row_count\n",
        "when late_row_count < corrected_row_count\n",
        "of_several_reasons_of_a_journey_the_first_in_order_is_told",
    ),
    Fault(
        "an edited model is blamed before an edited seed",
        "models/intermediate/int_restatement_reasons.sql",
        "when is_seed_changed then 'seed'\n"
        "            when is_model_changed then 'model'",
        "when is_model_changed then 'model'\n"
        "            when is_seed_changed then 'seed'",
        "an_edited_seed_or_model_is_the_reason_only_where_no_other_is",
    ),
]
