-- What customers and sellers did, on the web and with each other, in one stream.
with web_events as (

    select
        events.event_kind,
        events.source_code,
        events.event_id,
        events.source_event,
        events.occurred_at,
        events.known_at,
        identified.person_id,
        events.visitor_id,
        sessions.session_id,
        cast(null as {{ dbt.type_string() }}) as deal_id,
        events.region,
        events.product,
        events.device
    from {{ ref('int_web_events') }} as events
    inner join {{ ref('int_identified_events') }} as identified
        on events.source_code = identified.source_code
        and events.event_id = identified.event_id
    left join {{ ref('int_session_events') }} as sessions
        on events.source_code = sessions.source_code
        and events.event_id = sessions.event_id

),

activities as (

    select
        'activity' as event_kind,
        activities.source_code,
        activities.activity_id as event_id,
        activities.source_event,
        activities.occurred_at,
        activities.known_at,
        persons.person_id,
        cast(null as {{ dbt.type_string() }}) as visitor_id,
        cast(null as {{ dbt.type_string() }}) as session_id,
        activities.deal_id,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as product,
        cast(null as {{ dbt.type_string() }}) as device
    from {{ ref('int_activities') }} as activities
    left join {{ ref('int_persons') }} as persons
        on activities.source_code = persons.source_code
        and activities.contact_id = persons.contact_id

),

actions as (

    select * from web_events
    union all
    select * from activities

)

select * from actions
