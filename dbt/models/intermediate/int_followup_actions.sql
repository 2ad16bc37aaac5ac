-- The first time that a person who has bought did what seeds/followups.csv names.
with firsts as (

    select * from {{ ref('int_purchases') }}
    where purchase_number = 1 and customer_kind_code = 'person'

),

actions as (

    select
        firsts.customer_id,
        kinds.event_code,
        min(events.occurred_at) as followed_at
    from firsts
    cross join {{ ref('followups') }} as kinds
    left join {{ ref('int_journey_events') }} as events
        on firsts.customer_id = events.person_id
        and kinds.event_code = events.event_code
        and firsts.purchased_at < events.occurred_at
        and events.is_dated
    group by firsts.customer_id, kinds.event_code

)

select * from actions
