-- Of a month's entries that lead nowhere the first is the best: it stands for all of
-- them where nothing is excluded, with what its action says of it.
with entries as (

    select
        funnel_code,
        unit_id,
        part_key,
        {{ reporting_month('occurred_at') }} as entry_month,
        min(occurred_at) as entered_at,
        min(window_seconds) as window_seconds,
        min_by(
            {{ packed(told_of_entry()) }},
            {{ place_of(['occurred_at', 'event_id', 'event_kind', 'source_code']) }}
        ) as action
    from {{ ref('int_funnel_matches') }}
    where unit_id is not null and is_pruned and step_order = 1 and is_entry
    group by funnel_code, unit_id, part_key, {{ reporting_month('occurred_at') }}

),

units as (

    select funnel_code, unit_id, part_key, min(entry_month) as first_month
    from entries
    group by funnel_code, unit_id, part_key

),

dated as (

    select
        entries.funnel_code,
        entries.unit_id,
        entries.part_key,
        entries.entry_month,
        entries.entered_at,
        entries.window_seconds,
        {{ unpacked('entries.action', told_of_entry()) }},
        entries.entry_month = units.first_month as is_first_month
    from entries
    inner join units
        on {{ is_same_unit('entries', 'units') }}

)

select * from dated
