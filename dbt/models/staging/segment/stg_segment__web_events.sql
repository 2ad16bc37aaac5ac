with raw as (

    select * from {{ touched(
        admitted('segment', 'calls'), ['_source_file']
    ) }} as admitted

),

renamed as (

    select
        -- keys
        'segment' as source_code,
        {{ record_key('"messageId"') }} as event_id,
        {{ record_key('"anonymousId"') }} as visitor_id,
        {{ record_key('"userId"') }} as user_id,
        {{ hashed(label(json_text('traits', '$.email'))) }} as email_hash,

        -- codes
        coalesce({{ free_text('event') }}, {{ free_text('type') }}) as source_event,
        type = 'page' as is_page_view,
        {{ free_text(json_text('properties', '$.region')) }} as region,
        {{ free_text(json_text('context', '$.device.type')) }} as device,
        {{ free_text(json_text('properties', '$.product')) }} as product,
        {{ free_text(json_text('context', '$.campaign.source')) }} as utm_source,
        {{ free_text(json_text('context', '$.campaign.medium')) }} as utm_medium,
        {{ free_text(json_text('context', '$.campaign.name')) }} as utm_campaign,
        {{ free_text(json_text('context', '$.campaign.term')) }} as utm_term,
        {{ free_text(json_text('context', '$.campaign.content')) }} as utm_content,

        -- dates
        {{ utc('"timestamp"') }} as occurred_at,
        _extracted_at as known_at,

        -- documents
        coalesce(
            {{ free_text(json_text('properties', '$.url')) }},
            {{ free_text(json_text('context', '$.page.url')) }}
        ) as page_url,
        coalesce(
            {{ free_text(json_text('properties', '$.referrer')) }},
            {{ free_text(json_text('context', '$.page.referrer')) }}
        ) as referrer,
        properties,

        -- lineage
        {{ lineage(times=['"timestamp"']) }}

    from raw

)

select * from renamed
