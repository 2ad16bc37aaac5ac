-- What web events say under the names that aliases and steps ask them for: their
-- documents are dear to read, and few are asked.
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

)

select * from told
where property_value is not null
