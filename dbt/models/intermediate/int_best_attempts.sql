-- The attempts that count, with what they are counted by: of a unit and month the best,
-- or its first entry. What several actions at once tell, and what is not pruned, is
-- told late, by the action itself.
with ranked as (

    select * from {{ ref('int_ranked_attempts') }}

),

entries as (

    select * from {{ ref('int_funnel_entries') }}

),

firsts as (

    select
        unit_number,
        entry_month,
        min(first_entered_at) as entered_at,
        min_by({{ packed(slice_columns()) }}, first_entered_at) as slice,
        count(*) as slices_count
    from entries
    group by unit_number, entry_month

),

tied as (

    select entries.unit_number, entries.entry_month
    from entries
    inner join firsts
        on {{ is_same_unit('entries', 'firsts') }}
        and entries.entry_month = firsts.entry_month
        and entries.first_entered_at = firsts.entered_at
    where firsts.slices_count > 1
    group by entries.unit_number, entries.entry_month
    having count(*) > 1

),

units as (

    select unit_number, min(entry_month) as first_month
    from firsts
    group by unit_number

),

attempts as (

    select
        ranked.unit_number, ranked.entry_month, ranked.entered_at, ranked.completed_at,
        ranked.furthest_step_order, ranked.is_void,
        ranked.is_best_of_unit as is_best_of_all,
        ranked.funnel_code,
        {{ named_columns(slice_columns()[1:], 'entries') }},
        entries.unit_number is null or ranked.is_tied as is_told_late
    from ranked
    left join entries
        on {{ is_same_unit('ranked', 'entries') }}
        and ranked.entry_month = entries.entry_month
        and ranked.slice_number = entries.slice_number
    union all
    select
        firsts.unit_number, firsts.entry_month, firsts.entered_at,
        firsts.entered_at as completed_at,
        1 as furthest_step_order, false as is_void,
        units.first_month = firsts.entry_month and further.unit_number is null
            as is_best_of_all,
        {{ unpacked('firsts.slice', slice_columns()) }},
        tied.unit_number is not null as is_told_late
    from firsts
    inner join units on firsts.unit_number = units.unit_number
    left join tied
        on {{ is_same_unit('firsts', 'tied') }}
        and firsts.entry_month = tied.entry_month
    left join ranked as months
        on {{ is_same_unit('firsts', 'months') }}
        and firsts.entry_month = months.entry_month
    left join ranked as further
        on {{ is_same_unit('firsts', 'further') }}
        and further.is_best_of_unit
    where months.unit_number is null

)

select * from attempts
