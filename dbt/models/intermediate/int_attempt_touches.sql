-- The first and the last known value of all that describes a unit's actions, up to its
-- attempt's completion.
with attempts as (

    select
        attempts.*,
        funnels.unit_code,
        funnels.attribution_code
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code
    where funnels.attribution_code in ('first_touch', 'last_touch')

),

units as (

    select
        funnels.unit_code,
        {{ funnel_unit('funnels', 'events') }} as unit_id,
        (events.occurred_at, events.event_id) as place,
        events.occurred_at,
        {{ attributes('events') | join(', ') }}
    from (select distinct unit_code from attempts) as funnels
    cross join {{ ref('int_journey_events') }} as events
    where events.is_dated and events.event_code <> 'unmapped'

),

touched as (

    select
        attempts.attempt_id,
        {{ touch_values('units', 'attempts.attribution_code') }}
    from attempts
    inner join units
        on attempts.unit_code = units.unit_code
        and attempts.unit_id = units.unit_id
        and attempts.completed_at >= units.occurred_at
    group by attempts.attempt_id

)

select * from touched
