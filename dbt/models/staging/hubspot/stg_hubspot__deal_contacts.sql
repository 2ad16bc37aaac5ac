with raw as (

    select * from {{ admitted('hubspot', 'deal_contact') }} as admitted

),

renamed as (

    select
        'hubspot' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ record_key('contact_id') }} as contact_id,
        _extracted_at as known_at,
        {{ lineage() }}
    from raw

)

select * from renamed
