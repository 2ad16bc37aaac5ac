-- The lead's first contact, then the deal's closing: own dates, in that order even
-- where the dates say otherwise (one deal was won two days before its first contact).
with leads as (

    select * from {{ admitted('olist', 'marketing_qualified_leads') }} as admitted
    where not _is_vanished

),

deals as (

    select * from {{ admitted('olist', 'closed_deals') }} as admitted
    where not _is_vanished

),

dated as (

    select
        cast(null as {{ dbt.type_string() }}) as deal_id,
        mql_id as lead_id,
        'marketing qualified lead' as source_stage,
        1 as source_sequence,
        first_contact_date as changed_at,
        _extracted_at,
        _source_file,
        _source_row
    from leads
    union all
    select
        mql_id as deal_id,
        mql_id as lead_id,
        'closed deal' as source_stage,
        2 as source_sequence,
        won_date as changed_at,
        _extracted_at,
        _source_file,
        _source_row
    from deals

),

renamed as (

    select
        -- keys
        'olist' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ record_key('lead_id') }} as lead_id,

        -- codes
        'sellers' as source_pipeline,
        source_stage,
        source_sequence,
        'own_date' as evidence_kind,

        -- dates
        {{ utc('changed_at') }} as changed_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(times=['changed_at']) }}

    from dated

)

select * from renamed
