-- What a session's first and last events say of it. Windows, unlike an aggregate of
-- texts, leave memory for disk where a company's sessions are more than memory holds.
with events as (

    select
        events.source_code,
        sessions.session_id,
        events.event_id,
        events.occurred_at,
        events.is_page_view,
        events.visitor_id,
        events.region,
        events.device,
        sessions.person_id,
        case when sessions.is_stated then coalesce(sessions.person_id, '') end
            as stated_person_id,
        coalesce(events.utm_source, events.utm_medium, events.utm_campaign) is not null
            as is_campaign,
        {%- for word in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term'] %}
        coalesce(events.{{ word }}, '') as {{ word }},
        {%- endfor %}
        {{ page_of('events.page_url') }} as page,
        case
            when {{ page_of('events.page_url') }} is null then null
            when {{ host_of('events.referrer') }} <> {{ host_of('events.page_url') }}
                then {{ host_of('events.referrer') }}
            else ''
        end as referring_host
    from {{ touched(
        '(select * from ' ~ ref('int_identified_events') ~ ' where session_id is not null)'
    ) }} as sessions
    inner join {{ ref('int_web_events') }} as events
        on sessions.source_code = events.source_code
        and sessions.event_id = events.event_id

),

told as (

    select
        source_code, session_id,
        min(occurred_at) over in_session as started_at,
        max(occurred_at) over in_session as ended_at,
        count(*) over in_session as events_count,
        count(case when is_page_view then 1 end) over in_session as page_views_count,
        coalesce(
            {{ first_known('stated_person_id', 'in_session') }},
            {{ first_known('person_id', 'in_session') }}
        ) as person_id,
        {{ first_known('visitor_id', 'in_session') }} as visitor_id,
        {{ first_known('page', 'in_session') }} as landing_page,
        {{ last_known('page', 'in_session') }} as exit_page,
        {{ first_known('region', 'in_session') }} as region,
        {{ first_known('device', 'in_session') }} as device,
        max(case when is_campaign then 1 else 0 end) over in_session as campaign_mark,
        {%- for word in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term'] %}
        {{ first_known('case when is_campaign then ' ~ word ~ ' end', 'in_session') }}
            as {{ word }},
        {%- endfor %}
        {{ first_known('referring_host', 'in_session') }} as referring_host,
        row_number() over (
            partition by source_code, session_id order by occurred_at, event_id
        ) as place
    from events
    window in_session as (
        partition by source_code, session_id
        order by occurred_at, event_id
        rows between unbounded preceding and unbounded following
    )

),

sessions as (

    select
        source_code,
        session_id,
        started_at,
        ended_at,
        events_count,
        page_views_count,
        nullif(person_id, '') as person_id,
        visitor_id,
        landing_page,
        exit_page,
        region,
        device,
        campaign_mark = 1 as is_campaign,
        {%- for word in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term'] %}
        nullif({{ word }}, '') as {{ word }},
        {%- endfor %}
        nullif(referring_host, '') as referring_host,
        nullif(utm_campaign, '') as campaign,
        nullif(utm_term, '') as keyword
    from told
    where place = 1

)

select * from sessions
