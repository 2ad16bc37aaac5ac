{% set action = 'unstruct_event_com_snowplowanalytics_snowplow_ecommerce'
    ~ '_snowplow_ecommerce_action_1_0_0' %}
{% set products = 'contexts_com_snowplowanalytics_snowplow_ecommerce_product_1_0_0' %}

with raw as (

    select * from {{ admitted('snowplow_ecommerce', 'events') }} as admitted

),

renamed as (

    select
        -- keys
        'snowplow_ecommerce' as source_code,
        event_id,
        domain_userid as visitor_id,
        user_id,
        domain_sessionid as session_id,

        -- codes
        coalesce(
            {{ json_text(action, '$.type') }},
            {{ label('event_name') }},
            event
        ) as source_event,
        event_name = 'page_view' as is_page_view,
        {{ label('geo_country') }} as region,
        {{ label('dvce_type') }} as device,
        {{ json_text(products, '$[0].id') }} as product,
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
        {{ action }} as properties,

        -- lineage
        {{ lineage(times=['derived_tstamp']) }}

    from raw

)

select * from renamed
