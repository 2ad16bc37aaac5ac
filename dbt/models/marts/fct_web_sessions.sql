with sessions as (

    select * from {{ touched(ref('int_sessions')) }}

),

web_sessions as (

    select
        -- keys
        sessions.session_id,
        sessions.source_code,
        sessions.person_id,
        sessions.visitor_id,

        -- codes
        coalesce(channels.channel_code, 'unknown') as channel_code,
        sessions.campaign,
        sessions.keyword,
        coalesce(sessions.region, 'unknown') as region_code,
        sessions.device,
        sessions.landing_page,
        sessions.exit_page,

        -- numbers
        sessions.events_count,
        sessions.page_views_count,

        -- dates
        sessions.started_at,
        sessions.ended_at

    from sessions
    left join {{ ref('int_session_channels') }} as channels
        on sessions.source_code = channels.source_code
        and sessions.session_id = channels.session_id

)

select * from web_sessions
