with raw as (

    select * from {{ admitted('olist', 'marketing_qualified_leads') }} as admitted

),

renamed as (

    select
        'olist' as source_code,
        {{ record_key('mql_id') }} as lead_id,
        {{ free_text('origin') }} as channel,
        {{ free_text('landing_page_id') }} as landing_page,
        _is_vanished as is_deleted,
        {{ utc('first_contact_date') }} as created_at,
        _extracted_at as known_at,
        {{ lineage(times=['first_contact_date']) }}
    from raw

)

select * from renamed
