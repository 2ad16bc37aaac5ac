-- Entries of pruned funnels, as often as they differ in what attempts are counted by:
-- where nothing is excluded, of a month's entries that lead nowhere the first is the
-- best. No text is compared on this way, since most actions go it.
with entered as (

    select
        unit_number,
        {{ month_number('occurred_at') }} as month_number,
        slice_number,
        min(way_number) as way_number,
        min(occurred_at) as first_entered_at,
        max(occurred_at) as last_entered_at
    from {{ ref('int_funnel_matches') }}
    where is_pruned and is_entry and step_mask & 1 = 1
    group by unit_number, {{ month_number('occurred_at') }}, slice_number

),

entries as (

    select
        unit_number,
        {{ month_of('month_number') }} as entry_month,
        slice_number,
        way_number,
        first_entered_at,
        last_entered_at
    from entered

)

select * from entries
