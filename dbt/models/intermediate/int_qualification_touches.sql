-- Sessions of the customer, and calls, mails and meetings with them, until a lead was
-- qualified: told of those who were, and no reason to expect it of others.
with touches as (

    select
        milestones.journey_id,
        events.source_code || ' ' || events.session_id as session_key
    from {{ ref('int_lead_milestones') }} as milestones
    inner join {{ ref('int_journey_events') }} as events
        on milestones.journey_id = events.journey_id
        and milestones.qualified_at >= events.occurred_at
    where events.is_dated

),

counted as (

    select
        journey_id,
        count(distinct session_key) + count(*) - count(session_key) as touches_count
    from touches
    group by journey_id

)

select * from counted
