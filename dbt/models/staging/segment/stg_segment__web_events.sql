with raw as (

    select * from {{ admitted('segment', 'calls') }} as admitted

),

renamed as (

    select
        -- keys
        'segment' as source_code,
        "messageId" as event_id,
        "anonymousId" as visitor_id,
        "userId" as user_id,
        {{ hashed(label(json_text('traits', '$.email'))) }} as email_hash,

        -- codes
        coalesce({{ label('event') }}, type) as source_event,
        type = 'page' as is_page_view,
        {{ json_text('properties', '$.region') }} as region,
        {{ json_text('context', '$.device.type') }} as device,
        {{ json_text('properties', '$.product') }} as product,
        {{ json_text('context', '$.campaign.source') }} as utm_source,
        {{ json_text('context', '$.campaign.medium') }} as utm_medium,
        {{ json_text('context', '$.campaign.name') }} as utm_campaign,
        {{ json_text('context', '$.campaign.term') }} as utm_term,
        {{ json_text('context', '$.campaign.content') }} as utm_content,

        -- dates
        {{ utc('"timestamp"') }} as occurred_at,
        _extracted_at as known_at,

        -- documents
        coalesce(
            {{ json_text('properties', '$.url') }},
            {{ json_text('context', '$.page.url') }}
        ) as page_url,
        coalesce(
            {{ json_text('properties', '$.referrer') }},
            {{ json_text('context', '$.page.referrer') }}
        ) as referrer,
        properties,

        -- lineage
        {{ lineage(times=['"timestamp"']) }}

    from raw

)

select * from renamed
