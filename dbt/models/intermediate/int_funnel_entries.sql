-- Entries of pruned funnels, as often as they differ in what attempts are counted by:
-- where nothing is excluded, of a month's entries that lead nowhere the first is the
-- best. No text is compared on this way, since most actions go it.
with entries as (

    select
        unit_number,
        {{ reporting_month('occurred_at') }} as entry_month,
        slice_number,
        any_value(funnel_code) as funnel_code,
        any_value(channel_code) as channel_code,
        any_value(journey_id) as journey_id,
        any_value(source_code) as source_code,
        min(occurred_at) as first_entered_at,
        max(occurred_at) as last_entered_at
    from {{ ref('int_funnel_matches') }}
    where unit_number is not null and is_pruned and is_entry and step_mask & 1 = 1
    group by unit_number, {{ reporting_month('occurred_at') }}, slice_number

)

select * from entries
