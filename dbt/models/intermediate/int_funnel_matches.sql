-- Actions that fill a step of an event funnel, or that exclude between two. What bears
-- no date or another property has no unit, rather than being filtered out: DuckDB
-- guesses that a filter leaves a fifth, and would join the wrong way round.
with funnels as (

    select
        *,
        case when segment_code <> 'all' or pipeline_code <> 'all' then 1 else 0 end
            as is_scoped
    from {{ ref('int_event_funnels') }}

),

steps as (

    select * from {{ ref('funnel_steps') }}

),

-- asked of funnels that are not for everybody
journeys as (

    select
        journeys.journey_id,
        coalesce(segments.segment_code, 'unknown') as segment_code,
        coalesce(journeys.pipeline_code, 'unknown') as pipeline_code
    from {{ ref('int_journeys') }} as journeys
    left join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where (select max(funnels.is_scoped) from funnels) = 1

),

named as (

    select
        events.*,
        funnels.funnel_code,
        funnels.is_pruned,
        funnels.window_seconds,
        case
            when events.is_dated
                and steps.match_kind in ('event', 'exclusion')
                and (
                    steps.property_name is null
                    or steps.property_value = told.property_value
                )
                then {{ funnel_unit('funnels', 'events') }}
        end as unit_id,
        {{ funnel_part('funnels', 'events') }} as part_key,
        steps.match_kind,
        case when steps.match_kind = 'event' then steps.step_order end as step_order,
        coalesce(steps.from_step, 1) as from_step,
        coalesce(steps.to_step, funnels.steps_count) as to_step,
        coalesce(events.occurred_at >= funnels.entry_from, true)
        and coalesce(events.occurred_at < funnels.entry_to, true)
        and funnels.segment_code in ('all', coalesce(journeys.segment_code, 'unknown'))
        and funnels.pipeline_code
        in ('all', coalesce(journeys.pipeline_code, 'unknown'))
            as is_entry
    from funnels
    inner join steps on funnels.funnel_code = steps.funnel_code
    inner join {{ ref('int_journey_events') }} as events
        on steps.match_code = events.event_code
    left join journeys on events.journey_id = journeys.journey_id
    left join {{ ref('int_event_properties') }} as told
        on steps.property_name = told.property_name
        and events.event_kind = told.event_kind
        and events.source_code = told.source_code
        and events.event_id = told.event_id

),

matched as (

    select
        *,
        {{ hash_number(['funnel_code', 'unit_id', 'part_key']) }} as unit_number
    from named

)

select * from matched
