-- Who a web event says it is from: a user, else an address; and its visitor's key.
with events as (

    select * from {{ ref('int_web_events') }}

),

keyed as (

    select
        source_code,
        event_id,
        visitor_id,
        session_id,
        occurred_at,
        case
            when user_id is not null
                then '2' || {{ hash_of(["'user'", 'source_code', 'user_id']) }}
            when email_hash is not null
                then '3' || {{ hash_of(["'email'", 'email_hash']) }}
        end as stated_key,
        case
            when visitor_id is not null
                then '4' || {{ hash_of(["'visitor'", 'source_code', 'visitor_id']) }}
        end as visitor_key
    from events

)

select * from keyed
