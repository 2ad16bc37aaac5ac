with raw as (

    select * from {{ admitted('plain', 'stage_changes') }} as admitted

),

renamed as (

    select
        'plain' as source_code,
        {{ record_key('deal_id') }} as deal_id,
        {{ record_key('lead_id') }} as lead_id,
        {{ free_text('source_pipeline') }} as source_pipeline,
        {{ free_text('source_stage') }} as source_stage,
        {{ utc('changed_at') }} as changed_at,
        {{ whole('source_sequence') }} as source_sequence,
        coalesce({{ free_text('evidence_kind') }}, 'history') as evidence_kind,
        _extracted_at as known_at,
        {{ lineage(times=['changed_at'], wholes=['source_sequence']) }}
    from raw

)

select * from renamed
