with raw as (

    select * from {{ admitted('hubspot', 'owner') }} as admitted

),

renamed as (

    select
        'hubspot' as source_code,
        owner_id,
        {{ label("coalesce(first_name, '') || ' ' || coalesce(last_name, '')") }}
            as owner_name,
        _extracted_at as known_at,
        {{ lineage() }}
    from raw

)

select * from renamed
