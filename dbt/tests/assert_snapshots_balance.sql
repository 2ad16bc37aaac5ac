-- What: open = open the day before + entered - left - removed, and never below 0.
-- Why: a snapshot that does not follow from the ledger can say anything.
-- A row: a day, pipeline, stage and segment that does not balance.
with followed as (

    select
        *,
        coalesce(
            lag(open_count) over (
                partition by pipeline_code, stage_code, segment_code
                order by snapshot_date
            ),
            0
        ) as open_before_count
    from {{ ref('fct_stage_snapshots') }}

)

select * from followed
where open_count <> open_before_count + entered_count - left_count - removed_count
    or open_count < 0
    or stale_count < 0
    or stale_count > open_count
