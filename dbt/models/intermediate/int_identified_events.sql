-- Each web event by its person; who never says who they are is a person by visitor.
with events as (

    select
        keyed.*,
        coalesce(keyed.stated_key, visitors.stated_key, keyed.visitor_key) as own_key
    from {{ ref('int_event_keys') }} as keyed
    left join {{ ref('int_visitors') }} as visitors
        on keyed.visitor_key = visitors.visitor_key

),

identified as (

    select
        events.*,
        coalesce(identities.person_id, events.own_key) as person_id
    from events
    left join {{ ref('int_identities') }} as identities
        on events.own_key = identities.own_key

)

select * from identified
