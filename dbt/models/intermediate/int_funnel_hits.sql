-- Actions that fill a step of an event funnel, or that exclude between two.
with funnels as (

    select * from {{ ref('int_event_funnels') }}

),

steps as (

    select * from {{ ref('funnel_steps') }}
    where match_kind in ('event', 'exclusion')

),

events as (

    select * from {{ ref('int_journey_events') }}
    where is_dated

),

matched as (

    select
        funnels.funnel_code,
        {{ funnel_unit('funnels', 'events') }} as unit_id,
        {{ funnel_part('funnels', 'events') }} as part_key,
        steps.match_kind,
        case when steps.match_kind = 'event' then steps.step_order end as step_order,
        coalesce(steps.from_step, 1) as from_step,
        coalesce(steps.to_step, funnels.steps_count) as to_step,
        events.event_kind,
        events.source_code,
        events.event_id,
        events.journey_id,
        events.occurred_at,
        coalesce(events.occurred_at >= funnels.entry_from, true)
        and coalesce(events.occurred_at < funnels.entry_to, true)
        and funnels.segment_code in ('all', coalesce(segments.segment_code, 'unknown'))
        and funnels.pipeline_code
        in ('all', coalesce(journeys.pipeline_code, 'unknown'))
            as is_entry
    from funnels
    inner join steps on funnels.funnel_code = steps.funnel_code
    inner join events on steps.match_code = events.event_code
    left join {{ ref('int_journeys') }} as journeys
        on events.journey_id = journeys.journey_id
    left join {{ ref('int_journey_segments') }} as segments
        on events.journey_id = segments.journey_id
    left join {{ ref('int_web_events') }} as documents
        on events.event_kind = documents.event_kind
        and events.source_code = documents.source_code
        and events.event_id = documents.event_id
    where steps.property_name is null
        or {{ json_value('documents.properties', 'steps.property_name') }}
        = steps.property_value

)

select * from matched
where unit_id is not null
