with raw as (

    select * from {{ admitted('plain', 'contacts') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('contact_id') }} as contact_id,
        {{ hashed(label('email')) }} as email_hash,
        {{ record_key('merged_into_contact_id') }} as merged_into_contact_id,
        {{ utc('created_at') }} as created_at,
        _extracted_at as known_at,
        {{ lineage(times=['created_at']) }}
    from raw

)

select * from renamed
