with raw as (

    select * from {{ admitted('plain', 'activities') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ label('activity_id') }} as activity_id,
        {{ label('deal_id') }} as deal_id,
        {{ label('contact_id') }} as contact_id,
        {{ label('owner_id') }} as owner_id,
        {{ label('source_event') }} as source_event,
        {{ label('direction_code') }} as direction_code,
        {{ utc('occurred_at') }} as occurred_at,
        _extracted_at as known_at,
        {{ lineage(times=['occurred_at']) }}
    from raw

)

select * from renamed
