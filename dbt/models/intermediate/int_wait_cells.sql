-- Stays counted by pipeline, stage and segment, and over all segments.
with waits as (

    select * from {{ ref('int_stage_waits') }}

),

placed as (

    select
        pipeline_code, stage_code, segment_code, end_code, followed_for, is_stale
    from waits
    union all
    select
        pipeline_code, stage_code, 'all' as segment_code, end_code, followed_for,
        is_stale
    from waits

),

counted as (

    select
        pipeline_code,
        stage_code,
        segment_code,
        count(*) as visits_count,
        count(case when end_code = 'converted' then 1 end) as advanced_count,
        count(case when end_code = 'lost' then 1 end) as lost_count,
        count(case when end_code = 'elsewhere' then 1 end) as elsewhere_count,
        count(case when end_code = 'open' then 1 end) as open_count,
        count(case when is_stale then 1 end) as stale_count,
        sum(cast(followed_for as double)) / 1e6 as waited_seconds,
        percentile_cont(0.9) within group (
            order by case when end_code <> 'open' then followed_for end
        ) as p90_completed
    from placed
    group by pipeline_code, stage_code, segment_code

),

cells as (

    select
        *,
        row_number() over (order by pipeline_code, stage_code, segment_code)
            as cohort_number,
        sum(waited_seconds) over (partition by pipeline_code, segment_code)
            as pipeline_waited_seconds
    from counted

)

select * from cells
