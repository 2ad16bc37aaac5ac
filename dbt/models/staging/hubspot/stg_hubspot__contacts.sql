with raw as (

    select * from {{ admitted('hubspot', 'contact') }} as admitted

),

renamed as (

    select
        'hubspot' as source_code,
        {{ record_key('id') }} as contact_id,
        {{ hashed(label('property_email')) }} as email_hash,
        {{ utc('property_createdate') }} as created_at,
        _extracted_at as known_at,
        {{ lineage(times=['property_createdate']) }}
    from raw

)

select * from renamed
