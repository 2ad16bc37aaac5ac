with raw as (

    select * from {{ admitted('plain', 'web_events') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ label('event_id') }} as event_id,
        {{ label('visitor_id') }} as visitor_id,
        {{ label('user_id') }} as user_id,
        {{ hashed(label('email')) }} as email_hash,
        {{ label('session_id') }} as session_id,
        {{ label('source_event') }} as source_event,
        {{ label('source_event') }} in ('page', 'page_view', '$pageview')
            as is_page_view,
        {{ utc('occurred_at') }} as occurred_at,
        {{ label('page_url') }} as page_url,
        {{ label('referrer') }} as referrer,
        {{ label('utm_source') }} as utm_source,
        {{ label('utm_medium') }} as utm_medium,
        {{ label('utm_campaign') }} as utm_campaign,
        {{ label('utm_term') }} as utm_term,
        {{ label('utm_content') }} as utm_content,
        {{ label('region') }} as region,
        {{ label('device') }} as device,
        {{ label('product') }} as product,
        {{ label('properties') }} as properties,
        _extracted_at as known_at,
        {{ lineage(times=['occurred_at']) }}
    from raw

)

select * from renamed
