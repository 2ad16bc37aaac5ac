-- The action that an attempt began with, and the one of the step it is attributed to.
with attempts as (

    select
        attempts.*,
        funnels.mode_code,
        funnels.attributed_step_order
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

places as (

    select
        attempts.*,
        'entry' as place_code,
        attempts.entered_at as occurred_at,
        case when attempts.mode_code <> 'unordered' then 1 end as step_order
    from attempts
    union all
    select
        attempts.*,
        'step' as place_code,
        steps.filled_at as occurred_at,
        steps.step_order
    from attempts
    inner join {{ ref('int_attempt_steps') }} as steps
        on attempts.attempt_id = steps.attempt_id
        and attempts.attributed_step_order = steps.step_order

),

found as (

    select
        places.attempt_id,
        places.place_code,
        min((hits.event_id, hits.event_kind, hits.source_code)) as event_key
    from places
    inner join {{ ref('int_funnel_hits') }} as hits
        on places.funnel_code = hits.funnel_code
        and places.unit_id = hits.unit_id
        and places.part_key = hits.part_key
        and places.occurred_at = hits.occurred_at
        and coalesce(places.step_order, hits.step_order) = hits.step_order
    where hits.match_kind = 'event' and (hits.is_entry or places.place_code = 'step')
    group by places.attempt_id, places.place_code

),

attempt_actions as (

    select
        found.attempt_id,
        found.place_code,
        events.*
    from found
    inner join {{ ref('int_journey_events') }} as events
        on found.event_key = (events.event_id, events.event_kind, events.source_code)

)

select * from attempt_actions
