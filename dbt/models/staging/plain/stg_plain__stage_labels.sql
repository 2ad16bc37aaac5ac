with raw as (

    select * from {{ admitted('plain', 'stage_labels') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ label('source_pipeline') }} as source_pipeline,
        {{ label('source_stage') }} as source_stage,
        {{ label('source_label') }} as source_label,
        {{ number('probability') }} as probability,
        case
            when {{ label('is_won') }} is not null then {{ flag('is_won') }}
        end as is_won,
        case
            when {{ label('is_closed') }} is not null then {{ flag('is_closed') }}
        end as is_closed,
        _extracted_at as known_at,
        {{ lineage(numbers=['probability']) }}
    from raw

)

select * from renamed
