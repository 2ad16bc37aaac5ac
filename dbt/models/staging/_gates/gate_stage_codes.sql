with changes as (

    select
        *,
        is_registered and is_unmapped and not is_ignored as is_invalid_at_date
    from {{ ref('int_stage_changes') }}

),

counted as (

    select
        source_code,
        source_pipeline,
        source_stage,
        min(changed_at) as first_seen_at,
        max(changed_at) as last_seen_at,
        count(*) as changes_count,
        count(distinct record_id) as deals_count,
        count(case when not is_registered then 1 end) as unregistered_count,
        count(case when is_invalid_at_date then 1 end) as invalid_at_date_count,
        min_by(
            source_file,
            (case when is_invalid_at_date then 0 else 1 end, known_at, source_file)
        ) as example_file
    from changes
    group by source_code, source_pipeline, source_stage

)

select * from counted
