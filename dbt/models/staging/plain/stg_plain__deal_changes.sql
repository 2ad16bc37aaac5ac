with raw as (

    select * from {{ admitted('plain', 'deal_changes') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ free_text('field_code') }} as field_code,
        {{ record_key('value') }} as value,
        {{ utc('changed_at') }} as changed_at,
        _extracted_at as known_at,
        {{ lineage(times=['changed_at']) }}
    from raw

)

select * from renamed
