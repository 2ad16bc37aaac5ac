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
            order by
                derived_tstamp nulls last, dvce_created_tstamp nulls last, event_id
        ) as first_event_id
    from raw

),

renamed as (

    select
        -- keys
        'snowplow_web' as source_code,
        {{ record_key('event_id') }} as event_id,
        {{ record_key('domain_userid') }} as visitor_id,
        {{ record_key('user_id') }} as user_id,
        {{ record_key('domain_sessionid') }} as session_id,

        -- codes
        coalesce({{ free_text('event_name') }}, {{ free_text('event') }})
            as source_event,
        event_name = 'page_view' and event_id = first_event_id as is_page_view,
        {{ free_text('geo_country') }} as region,
        {{ free_text('dvce_type') }} as device,
        {{ free_text('mkt_source') }} as utm_source,
        {{ free_text('mkt_medium') }} as utm_medium,
        {{ free_text('mkt_campaign') }} as utm_campaign,
        {{ free_text('mkt_term') }} as utm_term,
        {{ free_text('mkt_content') }} as utm_content,

        -- dates
        {{ utc('derived_tstamp') }} as occurred_at,
        _extracted_at as known_at,

        -- documents
        {{ free_text('page_url') }} as page_url,
        {{ free_text('page_referrer') }} as referrer,
        {{ page }} as properties,

        -- lineage
        {{ lineage(times=['derived_tstamp']) }}

    from viewed

)

select * from renamed
