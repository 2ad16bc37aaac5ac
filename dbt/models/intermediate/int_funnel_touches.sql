-- Which sets of an unordered funnel's steps each action touches, in order of time.
with funnels as (

    select * from {{ ref('int_event_funnels') }}
    where mode_code = 'unordered'

),

sets as (

    select distinct step_mask, steps_count
    from {{ ref('int_funnel_step_sets') }}

),

touches as (

    select
        actions.funnel_code,
        actions.unit_number,
        actions.occurred_at,
        case when actions.is_entry then 1 else 0 end as is_entry,
        funnels.steps_count,
        funnels.window_seconds,
        sets.step_mask,
        sets.steps_count as set_size,
        row_number() over (
            partition by actions.unit_number, sets.step_mask
            order by actions.occurred_at
        ) as touch_number
    from {{ ref('int_funnel_hits') }} as actions
    inner join funnels on actions.funnel_code = funnels.funnel_code
    inner join sets
        on actions.step_mask & sets.step_mask > 0
        and sets.step_mask < {{ step_bit('funnels.steps_count + 1') }}
    where actions.match_kind = 'event'

)

select * from touches
