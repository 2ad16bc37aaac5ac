{% set of_traits = {'email': '$.email'} %}
{% set of_properties = {
    'region': '$.region',
    'product': '$.product',
    'stated_url': '$.url',
    'stated_referrer': '$.referrer',
} %}
{% set of_context = {
    'device': '$.device.type',
    'utm_source': '$.campaign.source',
    'utm_medium': '$.campaign.medium',
    'utm_campaign': '$.campaign.name',
    'utm_term': '$.campaign.term',
    'utm_content': '$.campaign.content',
    'seen_url': '$.page.url',
    'seen_referrer': '$.page.referrer',
} %}

with raw as (

    select * from {{ touched(
        admitted('segment', 'calls'), ['_source_file']
    ) }} as admitted

),

parsed as (

    select
        *,
        {{ json_texts('traits', of_traits) }} as trait_texts,
        {{ json_texts('properties', of_properties) }} as property_texts,
        {{ json_texts('context', of_context) }} as context_texts
    from raw

),

told as (

    select
        "messageId" as message_id,
        "anonymousId" as anonymous_id,
        "userId" as said_user_id,
        event,
        type,
        {{ named_texts('trait_texts', of_traits) }},
        {{ named_texts('property_texts', of_properties) }},
        {{ named_texts('context_texts', of_context) }},
        "timestamp",
        {{ utc('"timestamp"') }} as occurred_at,
        _extracted_at,
        properties,
        _source_file,
        _source_row
    from parsed

),

renamed as (

    select
        -- keys
        'segment' as source_code,
        {{ record_key('message_id') }} as event_id,
        {{ record_key('anonymous_id') }} as visitor_id,
        {{ record_key('said_user_id') }} as user_id,
        {{ hashed('email') }} as email_hash,

        -- codes
        coalesce({{ free_text('event') }}, {{ free_text('type') }}) as source_event,
        type = 'page' as is_page_view,
        {{ masked('region') }} as region,
        {{ masked('device') }} as device,
        {{ masked('product') }} as product,
        {{ masked('utm_source') }} as utm_source,
        {{ masked('utm_medium') }} as utm_medium,
        {{ masked('utm_campaign') }} as utm_campaign,
        {{ masked('utm_term') }} as utm_term,
        {{ masked('utm_content') }} as utm_content,

        -- dates
        occurred_at,
        _extracted_at as known_at,

        -- documents
        {{ masked('coalesce(stated_url, seen_url)') }} as page_url,
        {{ masked('coalesce(stated_referrer, seen_referrer)') }} as referrer,
        properties,

        -- lineage
        {{ lineage(times={'"timestamp"': 'occurred_at'}) }}

    from told

)

select * from renamed
