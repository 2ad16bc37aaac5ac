-- Each journey replayed per stage funnel: hits of its steps, losses and departures. An
-- event is a hit where it leads past the last one; it never moves a journey back.
with united as (

    select
        *,
        '' as event_id
    from {{ touched(ref('int_funnel_stage_moves')) }}
    union all
    select * from {{ touched(ref('int_funnel_event_moves')) }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by funnel_code, journey_id
            order by
                step_number,
                case when move_kind = 'event' then 1 else 0 end,
                case when move_kind = 'event' then moved_at end,
                event_id
        ) as move_number
    from united

),

grouped as (

    select
        *,
        count(case when move_kind = 'hit' then 1 end) over so_far as hits_count,
        min(case when is_inside then move_number end) over (
            partition by funnel_code, journey_id
        ) as entry_number
    from numbered
    window so_far as (partition by funnel_code, journey_id order by move_number)

),

compared as (

    select
        *,
        max(step_order) over before as furthest_before,
        max(case when is_lost then 1 else 0 end) over before as is_lost_before
    from grouped
    window before as (
        partition by funnel_code, journey_id, hits_count
        order by move_number
        rows between unbounded preceding and 1 preceding
    )

),

moves as (

    select
        funnel_code,
        journey_id,
        pipeline_code,
        segment_code,
        channel_code,
        source_code,
        entered_at,
        move_number,
        moved_at,
        is_lost,
        is_won,
        step_order,
        case when move_kind = 'event' then 'hit' else move_kind end as move_kind
    from compared
    where move_number >= entry_number
        and (
            move_kind is distinct from 'event'
            or (
                coalesce(is_lost_before, 0) = 0
                and coalesce(step_order > furthest_before, true)
            )
        )

)

select * from moves
