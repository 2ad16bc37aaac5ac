-- Every recorded change of stage, its journey and its code; the ignored have none.
with changes as (

    select * from {{ ref('int_stage_changes') }}

),

records as (

    select * from {{ touched(ref('int_journey_records')) }}

),

transitions as (

    select
        records.journey_id,
        changes.transition_id,
        changes.source_code,
        changes.pipeline_code,
        case when not changes.is_ignored then changes.stage_code end as stage_code,
        records.is_absorbed_record,
        changes.source_file,
        changes.changed_at
    from changes
    inner join records
        on changes.source_code = records.source_code
        and changes.record_kind = records.record_kind
        and changes.record_id = records.record_id

)

select * from transitions
