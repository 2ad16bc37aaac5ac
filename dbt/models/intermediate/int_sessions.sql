-- What a session's first and last events say of it.
with events as (

    select
        events.*,
        sessions.person_id,
        sessions.is_stated,
        sessions.session_id as whole_session_id,
        {{ place_of(['events.occurred_at', 'events.event_id']) }} as place,
        coalesce(events.utm_source, events.utm_medium, events.utm_campaign) is not null
            as is_campaign,
        {{ page_of('events.page_url') }} as page
    from {{ touched(ref('int_session_events')) }} as sessions
    inner join {{ ref('int_web_events') }} as events
        on sessions.source_code = events.source_code
        and sessions.event_id = events.event_id

),

gathered as (

    select
        source_code,
        whole_session_id as session_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as events_count,
        count(case when is_page_view then 1 end) as page_views_count,
        nullif(
            coalesce(
                min_by(
                    coalesce(person_id, ''),
                    case when is_stated then place end
                ),
                min_by(person_id, case when person_id is not null then place end)
            ),
            ''
        ) as person_id,
        min_by(visitor_id, case when visitor_id is not null then place end)
            as visitor_id,
        min_by(page, case when page is not null then place end) as landing_page,
        max_by(page, case when page is not null then place end) as exit_page,
        min_by(region, case when region is not null then place end) as region,
        min_by(device, case when device is not null then place end) as device,
        max(case when is_campaign then 1 else 0 end) = 1 as is_campaign,
        {%- for word in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term'] %}
        nullif(
            min_by(coalesce({{ word }}, ''), case when is_campaign then place end), ''
        ) as {{ word }},
        {%- endfor %}
        nullif(
            min_by(
                case
                    when {{ host_of('referrer') }} <> {{ host_of('page_url') }}
                        then {{ host_of('referrer') }}
                    else ''
                end,
                case when page is not null then place end
            ),
            ''
        ) as referring_host
    from events
    group by source_code, whole_session_id

),

sessions as (

    select
        *,
        utm_campaign as campaign,
        utm_term as keyword
    from gathered

)

select * from sessions
