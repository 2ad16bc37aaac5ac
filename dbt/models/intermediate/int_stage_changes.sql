-- Mapped by the registry as it stood on the day of the change.
with changes as (

    select
        changes.*,
        spellings.is_registered,
        spellings.is_ignored,
        spellings.alias_pipeline_code,
        spellings.alias_stage_code,
        spellings.pipeline_code,
        spellings.stage_code,
        spellings.is_unmapped,
        spellings.is_won,
        spellings.is_lost,
        spellings.stage_order,
        spellings.stale_after_seconds
    from {{ touched(ref('int_dated_stage_changes')) }} as changes
    inner join {{ ref('int_stage_spellings') }} as spellings
        on changes.source_code is not distinct from spellings.source_code
        and changes.source_pipeline is not distinct from spellings.source_pipeline
        and changes.source_stage is not distinct from spellings.source_stage
        and changes.changed_date is not distinct from spellings.changed_date

)

select * from changes
