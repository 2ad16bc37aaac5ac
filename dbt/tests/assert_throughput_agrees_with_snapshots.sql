-- What: a stage's open count at as-of is the same by month and by day.
-- Why: two tables over one ledger must not tell two stories.
-- A row: a pipeline, stage and segment on which they differ.
{{ config(meta={'dagster': {'ref': {'name': 'fct_monthly_throughput'}}}) }}

with months as (

    select pipeline_code, stage_code, segment_code, open_at_end_count
    from {{ ref('fct_monthly_throughput') }}
    where channel_code = 'all' and pipeline_code <> 'all' and segment_code <> 'all'
        and month
        = (select max(dates.calendar_month) from {{ ref('dim_dates') }} as dates)

),

days as (

    select pipeline_code, stage_code, segment_code, open_count
    from {{ ref('fct_stage_snapshots') }}
    where snapshot_date
        = (select max(dates.calendar_date) from {{ ref('dim_dates') }} as dates)

)

select days.*, months.open_at_end_count
from days
left join months
    on days.pipeline_code = months.pipeline_code
    and days.stage_code = months.stage_code
    and days.segment_code = months.segment_code
where days.open_count <> coalesce(months.open_at_end_count, 0)
