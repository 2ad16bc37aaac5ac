-- A visitor is whoever said so first: a device lent to another stays its owner's.
with events as (

    select
        source_code,
        visitor_id,
        event_id,
        occurred_at,
        {{ stated_key() }} as stated_key
    from {{ ref('int_web_events') }}
    where visitor_id is not null and coalesce(user_id, email_hash) is not null

),

visitors as (

    select
        source_code,
        visitor_id,
        min_by(
            stated_key,
            (coalesce(occurred_at, timestamp '9999-12-31 00:00:00'), event_id)
        ) as stated_key
    from events
    group by source_code, visitor_id

)

select * from visitors
