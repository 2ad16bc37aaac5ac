-- Web events by session: the source's own, else cut where a visitor paused too long.
-- Events of one instant need no order: the last window's frame holds all of them.
with events as (

    select * from {{ touched(ref('int_identified_events')) }}
    where occurred_at is not null
        and occurred_at <= (select run.as_of from {{ ref('int_run') }} as run)
        and (session_id is not null or visitor_key is not null)

),

paused as (

    select
        *,
        case
            when {{ seconds_between('lag(occurred_at) over in_visit', 'occurred_at') }}
                <= {{ var('session_pause_seconds') }}
                then null
            else occurred_at
        end as began_at
    from events
    where session_id is null
    window in_visit as (partition by visitor_key order by occurred_at)

),

cut as (

    select
        source_code,
        event_id,
        visitor_key,
        person_id,
        is_stated,
        {{ hash_of([
            'visitor_key',
            'max(began_at) over (partition by visitor_key order by occurred_at)'
        ]) }} as session_id
    from paused

),

sessions as (

    select
        source_code,
        event_id,
        visitor_key,
        person_id,
        is_stated,
        session_id
    from events
    where session_id is not null
    union all
    select * from cut

)

select * from sessions
