with cells as (

    select * from {{ ref('int_wait_cells') }}

),

bottlenecks as (

    select
        -- keys
        cells.pipeline_code,
        cells.segment_code,
        cells.stage_code,

        -- codes
        drops.to_stage_code,
        drops.horizon_days,
        case
            when drops.worst_drop is null then null
            when drops.worst_drop = drops.earlier_drop then 'earlier'
            when drops.worst_drop = drops.all_segments_drop then 'all_segments'
            else 'benchmark'
        end as compared_code,

        -- time
        cast(cells.visits_count as bigint) as visits_count,
        cast(cells.open_count as bigint) as open_count,
        cast(cells.stale_count as bigint) as stale_count,
        times.median_seconds,
        times.p90_seconds,
        cells.waited_seconds / nullif(cells.pipeline_waited_seconds, 0)
            as waiting_share,

        -- force and friction
        cast(cells.advanced_count as bigint) as advanced_count,
        cast(cells.lost_count as bigint) as lost_count,
        cast(cells.elsewhere_count as bigint) as elsewhere_count,
        times.advancing_rate,
        times.leaving_rate,

        -- conversion
        cast(drops.entered_count as bigint) as entered_count,
        drops.conversion_rate,
        drops.earlier_rate,
        drops.all_segments_rate,
        drops.benchmark_rate,
        drops.worst_drop,

        -- flags
        coalesce(
            drops.worst_drop > 0
            and drops.worst_drop = max(drops.worst_drop) over in_pipeline,
            false
        ) as is_worst_drop,
        cells.waited_seconds > 0
        and cells.waited_seconds = max(cells.waited_seconds) over in_pipeline
            as is_longest_wait

    from cells
    left join {{ ref('int_wait_times') }} as times
        on cells.cohort_number = times.cohort_number
    left join {{ ref('int_stage_drops') }} as drops
        on cells.pipeline_code = drops.pipeline_code
        and cells.segment_code = drops.segment_code
        and cells.stage_code = drops.stage_code
    window in_pipeline as (
        partition by cells.pipeline_code, cells.segment_code
    )

)

select * from bottlenecks
