-- The attempts that count, with what they are counted by: of a unit and month the best,
-- or its first entry. What several actions at once tell, and what is not pruned, is
-- told late, by the action itself.
with ranked as (

    select
        funnel_code, unit_number, entry_month, entered_at, completed_at,
        furthest_step_order, is_void, is_best_of_unit, slice_number, is_tied
    from {{ ref('int_ranked_attempts') }}

),

firsts as (

    select
        unit_number,
        entry_month,
        min(way_number) as way_number,
        min(first_entered_at) as entered_at,
        min_by(slice_number, first_entered_at) as slice_number,
        count(*) as slices_count
    from {{ ref('int_funnel_entries') }}
    group by unit_number, entry_month

),

tied as (

    select entries.unit_number, entries.entry_month
    from {{ ref('int_funnel_entries') }} as entries
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

-- the first months of units that came no further in any
stayed as (

    select units.unit_number, units.first_month
    from units
    left join ranked as further
        on {{ is_same_unit('units', 'further') }}
        and further.is_best_of_unit
    where further.unit_number is null

),

attempts as (

    select
        ranked.funnel_code, ranked.unit_number, ranked.entry_month, ranked.entered_at,
        ranked.completed_at, ranked.furthest_step_order, ranked.is_void,
        ranked.is_best_of_unit as is_best_of_all,
        ranked.slice_number,
        not funnels.is_pruned or ranked.is_tied as is_told_late
    from ranked
    inner join {{ ref('int_event_funnels') }} as funnels
        on ranked.funnel_code = funnels.funnel_code
    union all
    select
        ways.funnel_code, firsts.unit_number, firsts.entry_month, firsts.entered_at,
        firsts.entered_at as completed_at,
        1 as furthest_step_order, false as is_void,
        stayed.unit_number is not null as is_best_of_all,
        case when tied.unit_number is null then firsts.slice_number end
            as slice_number,
        tied.unit_number is not null as is_told_late
    from firsts
    inner join {{ ref('int_funnel_numbered_ways') }} as ways
        on firsts.way_number = ways.way_number
    left join stayed
        on {{ is_same_unit('firsts', 'stayed') }}
        and firsts.entry_month = stayed.first_month
    left join tied
        on {{ is_same_unit('firsts', 'tied') }}
        and firsts.entry_month = tied.entry_month
    left join ranked as months
        on {{ is_same_unit('firsts', 'months') }}
        and firsts.entry_month = months.entry_month
    where months.unit_number is null

)

select * from attempts
