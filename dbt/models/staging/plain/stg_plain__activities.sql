with raw as (

    select * from {{ admitted('plain', 'activities') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('activity_id') }} as activity_id,
        {{ record_key('deal_id') }} as deal_id,
        {{ record_key('contact_id') }} as contact_id,
        {{ record_key('owner_id') }} as owner_id,
        {{ free_text('source_event') }} as source_event,
        {{ free_text('direction_code') }} as direction_code,
        {{ utc('occurred_at') }} as occurred_at,
        _extracted_at as known_at,
        {{ lineage(times=['occurred_at']) }}
    from raw

)

select * from renamed
