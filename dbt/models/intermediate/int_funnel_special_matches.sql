-- Matches of event funnels that ask more of an action than its code and its person:
-- another unit, parts, properties, or a journey's pipeline or segment.
with coded as (

    select {{ way_columns() }}, way_number, bit_or(step_mask) as step_mask
    from {{ ref('int_funnel_ways') }}
    where not is_plain
    group by {{ way_columns() }}, way_number
    having count(property_name) = 0

),

asking as (

    select
        {{ way_columns() }}, way_number,
        max(case when property_name is null then 1 else 0 end) as is_plain,
        bit_or(case when property_name is null then step_mask else 0 end) as step_mask
    from {{ ref('int_funnel_ways') }}
    where not is_plain
    group by {{ way_columns() }}, way_number
    having count(property_name) > 0

),

told as (

    select
        ways.way_number, {{ named_columns(event_keys(), 'properties') }},
        bit_or(ways.step_mask) as step_mask
    from {{ ref('int_funnel_ways') }} as ways
    inner join {{ ref('int_event_properties') }} as properties
        on ways.property_name = properties.property_name
        and ways.property_value = properties.property_value
    group by ways.way_number, {{ named_columns(event_keys(), 'properties') }}

),

-- most codes ask for no property: their actions need not be told apart
filling as (

    select
        events.*, {{ way_columns('coded') }}, coded.way_number, coded.step_mask,
        events.is_dated as is_filling
    from coded
    inner join {{ ref('int_journey_events') }} as events
        on coded.match_code = events.event_code
    union all
    select
        events.*, {{ way_columns('asking') }}, asking.way_number,
        asking.step_mask | coalesce(told.step_mask, 0) as step_mask,
        events.is_dated and (asking.is_plain = 1 or told.event_id is not null)
            as is_filling
    from asking
    inner join {{ ref('int_journey_events') }} as events
        on asking.match_code = events.event_code
    left join told
        on asking.way_number = told.way_number
        and {{ are_same(event_keys(), 'events', 'told') }}

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
    where (select max(funnels.is_scoped) from {{ ref('int_event_funnels') }} as funnels)
        = 1

),

matched as (

    select
        filling.*,
        case when filling.is_filling then {{ funnel_unit('funnels', 'filling') }} end
            as unit_id,
        {{ funnel_part('funnels', 'filling') }} as part_key,
        {{ is_in_range('filling', 'funnels') }}
        and funnels.segment_code in ('all', coalesce(journeys.segment_code, 'unknown'))
        and funnels.pipeline_code
        in ('all', coalesce(journeys.pipeline_code, 'unknown'))
            as is_entry
    from filling
    inner join {{ ref('int_event_funnels') }} as funnels
        on filling.funnel_code = funnels.funnel_code
    left join journeys on filling.journey_id = journeys.journey_id

)

select * from matched
