-- The seller's first action after an inquiry, towards its journey or its person.
with inquiries as (

    select * from {{ ref('int_inquiries') }}

),

actions as (

    select * from {{ ref('int_journey_events') }}
    where is_dated and actor_code = 'seller'

),

met as (

    select
        inquiries.event_kind,
        inquiries.source_code,
        inquiries.event_id,
        actions.occurred_at as answered_at
    from inquiries
    inner join actions
        on inquiries.journey_id = actions.journey_id
        and inquiries.occurred_at <= actions.occurred_at
    union all
    select
        inquiries.event_kind,
        inquiries.source_code,
        inquiries.event_id,
        actions.occurred_at as answered_at
    from inquiries
    inner join actions
        on inquiries.person_id = actions.person_id
        and inquiries.occurred_at <= actions.occurred_at

),

answers as (

    select
        event_kind,
        source_code,
        event_id,
        min(answered_at) as answered_at
    from met
    group by event_kind, source_code, event_id

)

select * from answers
