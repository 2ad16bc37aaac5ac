-- Sessions that came before a journey, up to its landmark: which channel brought whom.
-- Later ones are read by those who have stayed, and would favour what keeps them.
with events as (

    select
        events.journey_id,
        events.source_code,
        events.session_id,
        events.channel_code,
        events.occurred_at
    from {{ touched(ref('int_journey_events')) }} as events
    inner join {{ ref('int_journey_segments') }} as segments
        on events.journey_id = segments.journey_id
        and events.occurred_at <= segments.landmark_at
    where events.session_id is not null and events.is_dated

),

sessions as (

    select
        journey_id,
        source_code,
        session_id,
        coalesce(min(channel_code), 'unknown') as channel_code,
        min(occurred_at) as touched_at
    from events
    group by journey_id, source_code, session_id

),

touches as (

    select
        journey_id,
        source_code,
        session_id,
        channel_code,
        touched_at,
        row_number() over (
            partition by journey_id order by touched_at, source_code, session_id
        ) as touch_number,
        count(*) over (partition by journey_id) as touches_count
    from sessions

)

select * from touches
