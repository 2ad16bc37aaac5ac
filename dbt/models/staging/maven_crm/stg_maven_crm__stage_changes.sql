-- No history is kept there: a row's own dates say when it was engaged and closed.
with raw as (

    select * from {{ admitted('maven_crm', 'sales_pipeline') }} as admitted
    where not _is_vanished

),

begun as (

    select
        *,
        case when engage_date is null then deal_stage else 'Engaging' end
            as source_stage,
        engage_date as changed_at,
        1 as source_sequence
    from raw

),

closed as (

    select
        *,
        deal_stage as source_stage,
        close_date as changed_at,
        2 as source_sequence
    from raw
    where close_date is not null

),

dated as (

    select * from begun
    union all
    select * from closed

),

renamed as (

    select
        -- keys
        'maven_crm' as source_code,
        {{ record_key('opportunity_id') }} as deal_id,

        -- codes
        'sales_pipeline' as source_pipeline,
        {{ free_text('source_stage') }} as source_stage,
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
