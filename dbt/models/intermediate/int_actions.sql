-- What customers and sellers did, on the web and with each other, in one stream. No
-- join stands in it: those of a night's new actions are found before they are joined.
with web_events as (

    select
        event_kind,
        source_code,
        event_id,
        event_id as web_event_id,
        cast(null as {{ dbt.type_string() }}) as contact_id,
        source_event,
        occurred_at,
        known_at,
        visitor_id,
        cast(null as {{ dbt.type_string() }}) as deal_id,
        region,
        product,
        device
    from {{ ref('int_web_events') }}

),

activities as (

    select
        'activity' as event_kind,
        source_code,
        activity_id as event_id,
        cast(null as {{ dbt.type_string() }}) as web_event_id,
        contact_id,
        source_event,
        occurred_at,
        known_at,
        cast(null as {{ dbt.type_string() }}) as visitor_id,
        deal_id,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as product,
        cast(null as {{ dbt.type_string() }}) as device
    from {{ ref('int_activities') }}

),

actions as (

    select * from web_events
    union all
    select * from activities

)

select * from actions
