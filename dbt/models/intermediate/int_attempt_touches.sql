-- The first and the last known value of all that describes a unit's actions, up to its
-- attempt's completion.
with attempts as (

    select
        attempts.*,
        funnels.attribution_code
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code
    where funnels.attribution_code in ('first_touch', 'last_touch')

),

units as (

    select
        funnels.funnel_code,
        {{ funnel_unit('funnels', 'events') }} as unit_id,
        {{ funnel_part('funnels', 'events') }} as part_key,
        (events.occurred_at, events.event_id) as place,
        events.occurred_at,
        {{ attributes('events') | join(', ') }}
    from {{ ref('int_event_funnels') }} as funnels
    cross join {{ ref('int_journey_events') }} as events
    where funnels.attribution_code in ('first_touch', 'last_touch')
        and events.is_dated
        and events.event_code <> 'unmapped'

),

numbered as (

    select
        *,
        {{ unit_number() }} as unit_number
    from units
    where unit_id is not null

),

touched as (

    select
        attempts.unit_number,
        attempts.entry_month,
        {{ touch_values('numbered', 'attempts.attribution_code') }}
    from attempts
    inner join numbered
        on {{ is_same_unit('attempts', 'numbered') }}
        and attempts.completed_at >= numbered.occurred_at
    group by attempts.unit_number, attempts.entry_month

)

select * from touched
