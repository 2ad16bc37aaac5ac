{% set action = 'unstruct_event_com_snowplowanalytics_snowplow_ecommerce'
    ~ '_snowplow_ecommerce_action_1_0_0' %}
{% set products = 'contexts_com_snowplowanalytics_snowplow_ecommerce_product_1_0_0' %}
{% set sales = 'contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1_0_0' %}
{% set of_session = {'app_user': '$[0].userId', 'app_session': '$[0].sessionId'} %}
{% set app_session = 'contexts_com_snowplowanalytics_snowplow_client_session_1_0_1' %}

with raw as (

    select
        *,
        {{ json_text(action, '$.type') }} as action_type,
        {{ json_text(products, '$[0].id') }} as product_id,
        {{ json_texts(app_session, of_session) }} as session_texts,
        coalesce({{ json_text(sales, '$[0].transaction_id') }}, event_id)
            as transaction_id
    from {{ admitted('snowplow_ecommerce', 'events') }} as admitted

),

-- one sale may come in several events: the earliest is the sale
sold as (

    select
        *,
        {{ named_texts('session_texts', of_session) }},
        first_value(event_id) over (
            partition by action_type, transaction_id
            order by
                derived_tstamp nulls last, dvce_created_tstamp nulls last, event_id
        ) as first_event_id
    from raw

),

renamed as (

    select
        -- keys
        'snowplow_ecommerce' as source_code,
        {{ record_key('event_id') }} as event_id,
        coalesce(
            {{ record_key('domain_userid') }},
            {{ record_key('app_user') }}
        ) as visitor_id,
        {{ record_key('user_id') }} as user_id,
        coalesce(
            {{ record_key('domain_sessionid') }},
            {{ record_key('app_session') }}
        ) as session_id,

        -- codes
        case
            when action_type = 'transaction' and event_id <> first_event_id
                then 'repeated_transaction'
            else
                coalesce(
                    {{ free_text('action_type') }},
                    {{ free_text('event_name') }},
                    {{ free_text('event') }}
                )
        end as source_event,
        event_name = 'page_view' as is_page_view,
        {{ free_text('geo_country') }} as region,
        {{ free_text('dvce_type') }} as device,
        {{ free_text('product_id') }} as product,
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
        {{ action }} as properties,

        -- lineage
        {{ lineage(times=['derived_tstamp']) }}

    from sold

)

select * from renamed
