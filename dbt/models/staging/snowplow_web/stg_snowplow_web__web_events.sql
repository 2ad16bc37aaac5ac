{% set page = 'contexts_com_snowplowanalytics_snowplow_web_page_1_0_0' %}

with raw as (

    select
        *,
        coalesce({{ json_text(page, '$[0].id') }}, event_id) as page_view_id
    from {{ admitted('snowplow_web', 'events') }} as admitted

),

-- one view of a page may come in several events: the earliest is the view
viewed as (

    select
        *,
        first_value(event_id) over (
            partition by event_name, page_view_id
            order by derived_tstamp, dvce_created_tstamp, event_id
        ) as first_event_id
    from raw

),

renamed as (

    select
        -- keys
        'snowplow_web' as source_code,
        event_id,
        domain_userid as visitor_id,
        user_id,
        domain_sessionid as session_id,

        -- codes
        coalesce({{ label('event_name') }}, event) as source_event,
        event_name = 'page_view' and event_id = first_event_id as is_page_view,
        {{ label('geo_country') }} as region,
        {{ label('dvce_type') }} as device,
        mkt_source as utm_source,
        mkt_medium as utm_medium,
        mkt_campaign as utm_campaign,
        mkt_term as utm_term,
        mkt_content as utm_content,

        -- dates
        {{ utc('derived_tstamp') }} as occurred_at,
        _extracted_at as known_at,

        -- documents
        page_url,
        page_referrer as referrer,
        {{ page }} as properties,

        -- lineage
        {{ lineage(times=['derived_tstamp']) }}

    from viewed

)

select * from renamed
