-- Web events = in a session + without a time up to as-of + without a visitor or
-- session.
with sessions as (

    select source_code, sum(events_count) as events_count
    from {{ ref('fct_web_sessions') }}
    group by source_code

),

aside as (

    select
        events.source_code,
        count(*) as events_count,
        count(
            case
                when coalesce(events.occurred_at > run.as_of, true)
                    or coalesce(events.session_id, events.visitor_id) is null
                    then 1
            end
        ) as aside_count
    from {{ ref('int_web_events') }} as events
    cross join {{ ref('int_run') }} as run
    group by events.source_code

),

accounts as (

    select
        'web_events_in_sessions' as check_code,
        aside.source_code as scope,
        aside.events_count as expected_count,
        aside.aside_count + coalesce(sessions.events_count, 0) as actual_count
    from aside
    left join sessions on aside.source_code = sessions.source_code

)

select * from accounts
