"""Faults of money, time zones, segments and identity."""

from tests.mutations.faults.fault import Fault

SEGMENTS = "models/intermediate/int_journey_segments.sql"
VALUED = "models/intermediate/int_valuations.sql"

WRITTEN = (
    "tests/models/test_written_values.py"
    "::test_a_value_is_read_as_declared_or_told_as_unreadable"
)
VALUES = [
    Fault(
        "a time without an offset is read in UTC, whatever its source declares",
        "macros/times.sql",
        "{{ zoned(try_cast(text, 'timestamp'), zone) }}",
        "{{ try_cast(text, 'timestamp') }}",
        "tests/models/test_new_source.py"
        "::test_times_are_read_in_the_zone_of_the_source_on_both_sides_of_dst",
    ),
    Fault(
        "of a time that comes twice, the second",
        "macros/times.sql",
        "then {{ before }}",
        "then timezone('UTC', timezone('{{ zone }}', {{ clock }}))",
        WRITTEN,
    ),
    Fault(
        "a group of thousands may be of any length",
        "macros/values.sql",
        "(' ~ group ~ '[0-9]{3})+)'",
        "(' ~ group ~ '[0-9]+)+)'",
        WRITTEN,
    ),
    Fault(
        "anything may stand behind a date",
        "macros/times.sql",
        "date_form() ~ '([ T]00:00:00([.]0+)?)?'",
        "date_form() ~ '.*'",
        WRITTEN,
    ),
    Fault(
        "a rate still holds on the day of the next",
        VALUED,
        "and stated.valued_date < rates.held_to",
        "and stated.valued_date <= rates.held_to",
        "a_journey_is_valued_with_the_amount_and_the_rate_of_the_day",
    ),
    Fault(
        "a deal without a rate is dropped",
        VALUED,
        "left join {{ ref('int_rates') }} as rates",
        "inner join {{ ref('int_rates') }} as rates",
        "a_journey_is_valued_with_the_amount_and_the_rate_of_the_day",
    ),
    Fault(
        "a deal is valued with the amount of today",
        VALUED,
        "\n        and changes.changed_at < "
        "{{ start_of_date(plus_days('asked.valued_date', 1)) }}",
        "",
        "a_journey_is_valued_with_the_amount_and_the_rate_of_the_day",
    ),
    Fault(
        "of two values at one instant the first known holds",
        "models/intermediate/int_deal_changes.sql",
        "max_by(coalesce(value, ''), (known_at, coalesce(value, '')))",
        "min_by(coalesce(value, ''), (known_at, coalesce(value, '')))",
        "of_two_values_at_one_instant_the_later_known_holds",
    ),
    Fault(
        "the last segment by priority is chosen",
        SEGMENTS,
        "min_by(segment_code, (priority, segment_code))",
        "max_by(segment_code, (priority, segment_code))",
        "a_journey_is_in_the_first_segment_whose_rules_it_meets_in_whole",
    ),
    Fault(
        "one condition of a group is enough",
        SEGMENTS,
        "\n    having count(*) = max(conditions_count)",
        "",
        "a_journey_is_in_the_first_segment_whose_rules_it_meets_in_whole",
    ),
    Fault(
        "a value that is asked for is a pattern",
        "macros/rules.sql",
        "instr(text_value, value) > 0",
        "text_value like '%' || value || '%'",
        "what_a_rule_asks_for_is_no_pattern",
    ),
    Fault(
        "a value that is listed is a pattern",
        "macros/rules.sql",
        "instr(list_value, '|' || text_value || '|') > 0",
        "list_value like '%|' || text_value || '|%'",
        "what_a_rule_asks_for_is_no_pattern",
    ),
    Fault(
        "who ended before the landmark is put into a segment",
        SEGMENTS,
        "when outcome_at < landmark_at and landmark_days > 0",
        "when false",
        "who_ended_before_the_landmark_stands_apart",
    ),
    Fault(
        "a journey that meets no rules is dropped",
        SEGMENTS,
        "left join chosen on journeys.journey_id = chosen.journey_id",
        "inner join chosen on journeys.journey_id = chosen.journey_id",
        "a_journey_is_in_the_first_segment_whose_rules_it_meets_in_whole",
    ),
    Fault(
        "a shared device joins its users",
        "models/intermediate/int_identified_events.sql",
        "sessions.stated_key, visitors.stated_key, {{",
        "visitors.stated_key, sessions.stated_key, {{",
        "an_event_is_of_whom_it_names_else_of_its_visitor_else_of_nobody",
    ),
    Fault(
        "a lent device belongs to whoever used it last",
        "models/intermediate/int_visitors.sql",
        "min_by(\n            stated_key,",
        "max_by(\n            stated_key,",
        "a_lent_device_stays_with_whoever_named_themselves_first",
    ),
    Fault(
        "what is deleted is worth something by its outcome",
        "models/marts/fct_journey_outcomes.sql",
        "not coalesce(is_deleted or is_duplicate, false)",
        "not coalesce(is_duplicate, false)",
        "what_is_set_aside_is_counted_apart_and_a_value_not_known_is_no_value",
    ),
    Fault(
        "a chain of addresses is followed one link only",
        "models/intermediate/int_identities.sql",
        "select own_key, person_id from round_8",
        "select own_key, person_id from round_1",
        "a_chain_of_thirty_addresses_is_one_person",
    ),
    Fault(
        "who was forgotten is somebody by their device",
        "models/intermediate/int_identified_events.sql",
        "when forgotten.own_key is null",
        "when true",
        "who_was_forgotten_is_nobody_and_their_device_is_nobodys",
    ),
    Fault(
        "a contact merged into a forgotten one is somebody",
        "models/intermediate/int_persons.sql",
        "where forgotten.own_key is null",
        "where true",
        "who_was_forgotten_is_nobody_nor_is_whoever_was_merged_into_them",
    ),
    Fault(
        "a figure moved by forgetting is told as another's identity",
        "models/intermediate/int_restatement_reasons.sql",
        "when is_known_otherwise and not (is_somebody_forgotten and is_nobodys)",
        "when is_known_otherwise",
        "a_journey_that_is_nobodys_since_somebody_was_forgotten_moved_by_erasure",
    ),
    Fault(
        "a record's key is published though it is an address",
        "macros/personal.sql",
        "then {{ hashed(label(column)) }}",
        "then {{ label(column) }}",
        "tests/flow/test_personal_data.py"
        "::test_what_is_published_holds_nobodys_personal_data",
    ),
]
