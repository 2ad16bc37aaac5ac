-- An inquiry is in the books if its journey was open then or began later; one that had
-- ended holds nothing. Of a system that knows no journeys nobody can say what it lacks.
with events as (

    select * from {{ ref('int_journey_events') }}
    where is_dated

),

watched as (

    select max(sources.observed_until) as watched_until
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    having count(*) > 0

),

inquiries as (

    select
        events.event_kind,
        events.source_code,
        events.event_id,
        events.event_code,
        events.person_id,
        events.journey_id,
        coalesce(events.channel_code, 'unknown') as channel_code,
        events.occurred_at,
        {{ plus_seconds('events.occurred_at', 'kinds.lead_within_days * 86400') }}
            as due_at,
        case
            when journeys.outcome_code = 'open'
                or events.occurred_at < journeys.outcome_at
                then greatest(journeys.entered_at, events.occurred_at)
        end as recorded_at,
        watched.watched_until
    from events
    inner join {{ ref('inquiries') }} as kinds on events.event_code = kinds.event_code
    cross join watched
    left join {{ ref('int_journeys') }} as journeys
        on events.journey_id = journeys.journey_id

),

judged as (

    select
        *,
        case
            when recorded_at <= due_at then 'in_time'
            when recorded_at is not null then 'late'
            when due_at > watched_until then 'awaited'
            else 'missing'
        end as record_code
    from inquiries

)

select * from judged
