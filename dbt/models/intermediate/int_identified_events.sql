-- Each web event by its person; who never says who they are is a person by visitor.
-- Who was forgotten is nobody, on their own device as on another's.
with events as (

    select
        keyed.*,
        coalesce(keyed.stated_key, visitors.stated_key, keyed.visitor_key) as own_key
    from {{ touched(ref('int_event_keys')) }} as keyed
    left join {{ ref('int_visitors') }} as visitors
        on keyed.visitor_key = visitors.visitor_key

),

identified as (

    select
        events.source_code,
        events.event_id,
        events.session_id,
        events.occurred_at,
        events.visitor_key,
        events.own_key,
        events.stated_key is not null as is_stated,
        case
            when forgotten.own_key is null
                then coalesce(identities.person_id, events.own_key)
        end as person_id
    from events
    left join {{ ref('int_forgotten_keys') }} as forgotten
        on events.own_key = forgotten.own_key
    left join {{ ref('int_identities') }} as identities
        on events.own_key = identities.own_key

)

select * from identified
