-- n steps of K are filled once every set of more than K - n steps is touched by as many
-- actions as its size less K - n (Hall, 1935): the last such touch is the time of n.
with touches as (

    select * from {{ ref('int_funnel_touches') }}

),

begun as (

    select
        entries.funnel_code, entries.unit_number,
        entries.occurred_at as entered_at,
        touches.step_mask,
        min(touches.set_size - touches.steps_count) as spared_count,
        min(touches.touch_number) as first_touch_number,
        min({{ plus_seconds('entries.occurred_at', 'entries.window_seconds') }})
            as window_ends_at,
        min(touches.steps_count) as steps_count
    from touches as entries
    inner join touches
        on {{ is_same_unit('entries', 'touches') }}
        and entries.occurred_at <= touches.occurred_at
    where entries.is_entry = 1 and entries.set_size = 1
    group by
        entries.funnel_code, entries.unit_number, entries.occurred_at,
        touches.step_mask

),

funnels as (

    select distinct steps_count from touches

),

levels as (

    select distinct set_size as steps_count from touches

),

demands as (

    select
        levels.steps_count as level,
        funnels.steps_count,
        count(*) as sets_count
    from funnels
    inner join levels on funnels.steps_count >= levels.steps_count
    inner join {{ ref('int_funnel_step_sets') }} as sets
        on sets.steps_count > funnels.steps_count - levels.steps_count
        and sets.step_mask < {{ step_bit('funnels.steps_count + 1') }}
    group by levels.steps_count, funnels.steps_count

),

met as (

    select
        begun.funnel_code, begun.unit_number, begun.entered_at,
        begun.window_ends_at,
        demands.level,
        max(touches.occurred_at) as reached_at
    from begun
    inner join demands on begun.steps_count = demands.steps_count
    inner join touches
        on {{ is_same_unit('begun', 'touches') }}
        and begun.step_mask = touches.step_mask
        and touches.touch_number
        = begun.first_touch_number + begun.spared_count + demands.level - 1
    where begun.spared_count + demands.level > 0
    group by
        begun.funnel_code, begun.unit_number, begun.entered_at,
        begun.window_ends_at, demands.level, demands.sets_count
    having count(*) = demands.sets_count

),

attempts as (

    select
        funnel_code, unit_number, entered_at, window_ends_at,
        max(level) as furthest_step_order,
        max(reached_at) as completed_at,
        {{ time_of_levels('level', 'reached_at') }},
        cast(null as bigint) as instant_number
    from met
    where reached_at <= window_ends_at
    group by funnel_code, unit_number, entered_at, window_ends_at

)

select * from attempts
