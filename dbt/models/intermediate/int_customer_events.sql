-- What persons did, in our codes; the narrowest alias that fits an event names it.
with events as (

    select * from {{ ref('int_web_events') }}
    where person_id is not null

),

aliases as (

    select * from {{ ref('event_aliases') }}

),

matched as (

    select
        events.*,
        aliases.event_code,
        aliases.actor_code,
        row_number() over (
            partition by events.source_code, events.event_id
            order by
                case when aliases.property_name is null then 1 else 0 end,
                aliases.property_name,
                aliases.property_value,
                aliases.event_code
        ) as match_number
    from events
    inner join aliases
        on events.source_code = aliases.source_code
        and events.source_event = aliases.source_event
    where aliases.property_name is null
        or {{ json_value('events.properties', 'aliases.property_name') }}
        = aliases.property_value

),

named as (

    select
        source_code,
        event_id,
        person_id,
        event_code,
        actor_code,
        occurred_at,
        known_at
    from matched
    where match_number = 1

)

select * from named
