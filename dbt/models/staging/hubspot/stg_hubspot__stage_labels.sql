with raw as (

    select * from {{ admitted('hubspot', 'deal_pipeline_stage') }} as admitted

),

renamed as (

    select
        -- keys
        'hubspot' as source_code,

        -- codes: a stage id is unique over all pipelines of an account
        cast(null as {{ dbt.type_string() }}) as source_pipeline,
        stage_id as source_stage,
        {{ label('label') }} as source_label,

        -- numbers
        {{ number('probability') }} as probability,

        -- flags, unknown where the extract has none
        case
            when {{ label('closed_won') }} is not null then {{ flag('closed_won') }}
        end as is_won,
        case
            when {{ label('is_closed') }} is not null then {{ flag('is_closed') }}
        end as is_closed,

        -- dates
        _extracted_at as known_at,

        -- lineage
        {{ lineage(numbers=['probability']) }}

    from raw
    where not {{ flag('_fivetran_deleted') }}

)

select * from renamed
