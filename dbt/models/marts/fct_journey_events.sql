-- A view: stored once more, millions of rows would say what they say one model before.
with events as (

    select * from {{ ref('int_journey_events') }}
    where event_code <> 'unmapped'

),

journey_events as (

    select
        -- keys
        event_id,
        event_kind,
        source_code,
        person_id,
        journey_id,
        session_id,

        -- codes
        event_code,
        actor_code,
        is_dated,

        -- dates
        occurred_at,
        known_at

    from events

)

select * from journey_events
