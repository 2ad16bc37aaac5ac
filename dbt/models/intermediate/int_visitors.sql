-- A visitor is whoever said so first: a device lent to another stays its owner's.
with events as (

    select * from {{ ref('int_event_keys') }}
    where visitor_key is not null and stated_key is not null

),

visitors as (

    select
        visitor_key,
        min_by(
            stated_key,
            (coalesce(occurred_at, timestamp '9999-12-31 00:00:00'), event_id)
        ) as stated_key
    from events
    group by visitor_key

)

select * from visitors
