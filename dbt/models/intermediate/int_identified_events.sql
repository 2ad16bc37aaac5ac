-- Each web event by its person and session. Who never says who they are is a person by
-- visitor; who was forgotten is nobody, on their own device as on another's. A session
-- is the source's own, else cut where a visitor paused too long: events of one instant
-- need no order, for the last window's frame holds all of them.
with brought as (

    select *, coalesce(visitor_id, event_id) as visitor_or_event_id
    from {{ ref('int_web_events') }}

),

events as (

    select
        source_code,
        event_id,
        visitor_or_event_id,
        visitor_id,
        session_id,
        occurred_at,
        {{ stated_key() }} as stated_key,
        coalesce(
            occurred_at <= (select run.as_of from {{ ref('int_run') }} as run), false
        ) as is_dated
    from {{ touched('brought') }}

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
    where is_dated and session_id is null and visitor_id is not null
    window in_visit as (partition by source_code, visitor_id order by occurred_at)

),

sessions as (

    select
        source_code, event_id, visitor_or_event_id, visitor_id, occurred_at, stated_key,
        {{ hash_of([
            visitor_key(),
            'max(began_at) over (partition by source_code, visitor_id order by occurred_at)'
        ]) }} as session_id
    from paused
    union all
    select
        source_code, event_id, visitor_or_event_id, visitor_id, occurred_at, stated_key,
        case when is_dated then session_id end as session_id
    from events
    where not is_dated or session_id is not null or visitor_id is null

),

owned as (

    select
        sessions.*,
        coalesce(
            sessions.stated_key, visitors.stated_key, {{ visitor_key('sessions.') }}
        ) as own_key
    from sessions
    left join {{ ref('int_visitors') }} as visitors
        on sessions.source_code = visitors.source_code
        and sessions.visitor_id = visitors.visitor_id

),

identified as (

    select
        owned.source_code,
        owned.event_id,
        owned.visitor_or_event_id,
        owned.session_id,
        owned.occurred_at,
        owned.own_key,
        owned.stated_key is not null as is_stated,
        case
            when forgotten.own_key is null
                then coalesce(identities.person_id, owned.own_key)
        end as person_id
    from owned
    left join {{ ref('int_forgotten_keys') }} as forgotten
        on owned.own_key = forgotten.own_key
    left join {{ ref('int_identities') }} as identities
        on owned.own_key = identities.own_key

)

select * from identified
