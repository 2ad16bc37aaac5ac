-- What web events say under the names that aliases and steps ask them for: their
-- documents are dear to read, and few are asked. Of an activity they may ask for its
-- direction, which tells a customer's mail from a seller's.
with aliases as (

    select * from {{ ref('event_aliases') }}

),

asked as (

    select source_code, source_event, property_name
    from aliases
    where property_name is not null
    union
    select aliases.source_code, aliases.source_event, steps.property_name
    from aliases
    inner join {{ ref('funnel_steps') }} as steps
        on aliases.event_code = steps.match_code
    where steps.property_name is not null

),

activities as (

    select
        'activity' as event_kind,
        source_code,
        activity_id as event_id,
        source_event,
        'direction_code' as property_name,
        direction_code as property_value
    from {{ ref('int_activities') }}

),

told as (

    select
        events.event_kind,
        events.source_code,
        events.event_id,
        events.source_event,
        asked.property_name,
        {{ json_value('events.properties', 'asked.property_name') }} as property_value
    from {{ touched(ref('int_web_events')) }} as events
    inner join asked
        on events.source_code = asked.source_code
        and events.source_event = asked.source_event
    union all
    select activities.*
    from {{ touched('activities') }} as activities
    inner join asked
        on activities.source_code = asked.source_code
        and activities.source_event = asked.source_event
        and activities.property_name = asked.property_name

)

select * from told
where property_value is not null
