with raw as (

    select * from {{ admitted('hubspot', 'deal_contact') }} as admitted

),

renamed as (

    select
        'hubspot' as source_code,
        deal_id,
        contact_id,
        _extracted_at as known_at,
        {{ lineage() }}
    from raw

)

select * from renamed
