with raw as (

    select * from {{ admitted('hubspot', 'owner') }} as admitted

),

renamed as (

    select
        'hubspot' as source_code,
        {{ record_key('owner_id') }} as owner_id,
        {{ free_text("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}
            as owner_name,
        _extracted_at as known_at,
        {{ lineage() }}
    from raw

)

select * from renamed
