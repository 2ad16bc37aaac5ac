with days as (

    select * from {{ ref('int_stage_days') }}

),

united as (

    select
        calendar_date,
        pipeline_code,
        stage_code,
        segment_code,
        sum(open_count) as open_count,
        sum(entered_count) as entered_count,
        sum(left_count) as left_count,
        sum(removed_count) as removed_count,
        sum(stale_count) as stale_count,
        sum(age_microseconds) as age_microseconds
    from days
    group by calendar_date, pipeline_code, stage_code, segment_code

),

snapshots as (

    select
        -- keys
        united.calendar_date as snapshot_date,
        united.pipeline_code,
        united.stage_code,
        united.segment_code,

        -- numbers
        cast(united.open_count as bigint) as open_count,
        cast(united.entered_count as bigint) as entered_count,
        cast(united.left_count as bigint) as left_count,
        cast(united.removed_count as bigint) as removed_count,
        coalesce(amounts.open_amount, 0) as open_amount,
        coalesce(amounts.weighted_amount, 0) as weighted_amount,
        cast(coalesce(amounts.unpriced_count, 0) as bigint) as unpriced_count,
        cast(united.age_microseconds as double)
        / 1000000
        / nullif(united.open_count, 0) as mean_age_seconds,
        medians.median_age_seconds,
        cast(united.stale_count as bigint) as stale_count

    from united
    left join {{ ref('int_stage_amount_days') }} as amounts
        on united.calendar_date = amounts.calendar_date
        and united.pipeline_code = amounts.pipeline_code
        and united.stage_code = amounts.stage_code
        and united.segment_code = amounts.segment_code
    left join {{ ref('int_median_ages') }} as medians
        on united.calendar_date = medians.calendar_date
        and united.pipeline_code = medians.pipeline_code
        and united.stage_code = medians.stage_code
        and united.segment_code = medians.segment_code

)

select * from snapshots
