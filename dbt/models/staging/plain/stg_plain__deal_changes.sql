with raw as (

    select
        *,
        {{ written_by_kind(label('field_code'), label('value')) }}
    from {{ admitted('plain', 'deal_changes') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ free_text('field_code') }} as field_code,
        {{ changed_value() }} as value,
        {{ utc('changed_at') }} as changed_at,
        _extracted_at as known_at,
        {{ lineage(
            times=['changed_at', 'written_time'],
            numbers=['written_number'],
        ) }}
    from raw

)

select * from renamed
