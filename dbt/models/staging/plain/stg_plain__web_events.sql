with raw as (

    select * from {{ touched(
        admitted('plain', 'web_events'), ['_source_file']
    ) }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('event_id') }} as event_id,
        {{ record_key('visitor_id') }} as visitor_id,
        {{ record_key('user_id') }} as user_id,
        {{ hashed(label('email')) }} as email_hash,
        {{ record_key('session_id') }} as session_id,
        {{ free_text('source_event') }} as source_event,
        {{ label('source_event') }} in ('page', 'page_view', '$pageview')
            as is_page_view,
        {{ utc('occurred_at') }} as occurred_at,
        {{ free_text('page_url') }} as page_url,
        {{ free_text('referrer') }} as referrer,
        {{ free_text('utm_source') }} as utm_source,
        {{ free_text('utm_medium') }} as utm_medium,
        {{ free_text('utm_campaign') }} as utm_campaign,
        {{ free_text('utm_term') }} as utm_term,
        {{ free_text('utm_content') }} as utm_content,
        {{ free_text('region') }} as region,
        {{ free_text('device') }} as device,
        {{ free_text('product') }} as product,
        {{ label('properties') }} as properties,
        _extracted_at as known_at,
        {{ lineage(times=['occurred_at']) }}
    from raw

)

select * from renamed
