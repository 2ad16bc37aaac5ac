with raw as (

    select * from {{ admitted('hubspot', 'deal_stage') }} as admitted

),

renamed as (

    select
        -- keys
        'hubspot' as source_code,
        {{ record_key('deal_id') }} as deal_id,

        -- codes: a stage id is unique over all pipelines of an account
        cast(null as {{ dbt.type_string() }}) as source_pipeline,
        {{ free_text('value') }} as source_stage,
        'history' as evidence_kind,

        -- dates
        {{ utc('date_entered') }} as changed_at,
        _extracted_at as known_at,

        -- lineage
        {{ lineage(times=['date_entered']) }}

    from raw

)

select * from renamed
