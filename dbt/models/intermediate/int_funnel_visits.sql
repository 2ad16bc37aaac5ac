-- Losses and departures end a visit and begin none.
with moves as (

    select * from {{ ref('int_funnel_moves') }}
    where move_kind is not null

),

beside as (

    select
        *,
        lag(move_kind) over in_journey as previous_kind,
        lag(step_order) over in_journey as previous_step_order,
        last_value(is_won) over (
            partition by funnel_code, journey_id
            order by move_number
            rows between unbounded preceding and unbounded following
        ) as is_last_won
    from moves
    window in_journey as (partition by funnel_code, journey_id order by move_number)

),

begun as (

    select * from beside
    where move_kind <> 'hit'
        or previous_kind is distinct from 'hit'
        or previous_step_order <> step_order

),

followed as (

    select
        *,
        lead(move_kind) over in_journey as next_kind,
        lead(step_order) over in_journey as next_step_order
    from begun
    window in_journey as (partition by funnel_code, journey_id order by move_number)

),

visits as (

    select
        *,
        case
            when next_kind is null and is_last_won then 'completed'
            when next_kind is null then 'still_open'
            when next_kind <> 'hit' then next_kind
            when next_step_order > step_order then 'advanced'
            else 'moved_back'
        end as end_code
    from followed
    where move_kind = 'hit'

)

select * from visits
