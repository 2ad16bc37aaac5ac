with unmapped as (

    select * from {{ ref('int_stage_changes') }}
    where is_unmapped and not is_ignored

),

records as (

    select * from {{ ref('int_journey_records') }}

),

counted as (

    select
        -- keys
        unmapped.source_code,
        unmapped.source_pipeline,
        unmapped.source_stage,

        -- dates
        min(unmapped.changed_at) as first_seen_at,
        max(unmapped.changed_at) as last_seen_at,

        -- numbers
        count(*) as transitions_count,
        count(distinct records.journey_id) as journeys_count,

        -- lineage
        min_by(unmapped.source_file, (unmapped.known_at, unmapped.source_file))
            as example_file

    from unmapped
    left join records
        on unmapped.source_code = records.source_code
        and unmapped.record_kind = records.record_kind
        and unmapped.record_id = records.record_id
    group by unmapped.source_code, unmapped.source_pipeline, unmapped.source_stage

)

select * from counted
