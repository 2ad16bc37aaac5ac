with raw as (

    select * from {{ admitted('hubspot', 'merged_deal') }} as admitted

),

renamed as (

    select
        'hubspot' as source_code,
        {{ record_key('merged_deal_id') }} as deal_id,
        {{ record_key('deal_id') }} as merged_into_deal_id,
        _extracted_at as merged_at,
        _extracted_at as known_at,
        {{ lineage() }}
    from raw

)

select * from renamed
