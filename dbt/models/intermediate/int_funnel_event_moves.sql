-- Customers' actions that may bring a journey further in a stage funnel, each behind
-- the stage change that came before it.
with steps as (

    select steps.*
    from {{ ref('funnel_steps') }} as steps
    inner join {{ ref('funnels') }} as funnels
        on steps.funnel_code = funnels.funnel_code
    where funnels.kind_code = 'stage' and steps.match_kind = 'event'

),

fitted as (

    select
        steps.funnel_code,
        steps.step_order,
        events.journey_id,
        events.event_kind,
        events.source_code,
        events.event_id,
        events.occurred_at,
        row_number() over (
            partition by
                steps.funnel_code, events.event_kind, events.source_code,
                events.event_id
            order by
                case when steps.property_name is null then 1 else 0 end,
                steps.step_order
        ) as fit_number
    from steps
    inner join {{ touched(ref('int_journey_events')) }} as events
        on steps.match_code = events.event_code
    left join {{ ref('int_event_properties') }} as told
        on steps.property_name = told.property_name
        and events.event_kind = told.event_kind
        and events.source_code = told.source_code
        and events.event_id = told.event_id
    where events.is_dated
        and events.journey_id is not null
        and (
            steps.property_name is null or steps.property_value = told.property_value
        )

),

placed as (

    select
        fitted.funnel_code,
        fitted.step_order,
        fitted.journey_id,
        fitted.event_id,
        fitted.occurred_at,
        coalesce(
            min(
                case
                    when moves.moved_at >= fitted.occurred_at then moves.step_number
                end
            ) - 1,
            max(moves.step_number)
        ) as step_number
    from fitted
    inner join {{ touched(ref('int_funnel_stage_moves')) }} as moves
        on fitted.funnel_code = moves.funnel_code
        and fitted.journey_id = moves.journey_id
    where fitted.fit_number = 1
    group by
        fitted.funnel_code, fitted.step_order, fitted.journey_id, fitted.event_kind,
        fitted.source_code, fitted.event_id, fitted.occurred_at

),

moves as (

    select
        stages.funnel_code, stages.pipeline_code, stages.journey_id,
        stages.segment_code,
        stages.channel_code,
        stages.source_code,
        stages.entered_at,
        placed.step_number,
        placed.occurred_at as moved_at,
        stages.is_inside,
        false as is_lost,
        stages.is_won and placed.step_number > 0 as is_won,
        placed.step_order,
        'event' as move_kind,
        placed.event_id
    from placed
    inner join {{ touched(ref('int_funnel_stage_moves')) }} as stages
        on placed.funnel_code = stages.funnel_code
        and placed.journey_id = stages.journey_id
        and greatest(placed.step_number, 1) = stages.step_number
    where stages.is_inside

)

select * from moves
