-- What: no day is missing between a stage's first entry and as-of.
-- Why: a chart over gaps draws a line through days that nobody counted.
-- A row: a pipeline, stage and segment whose days have a gap.
{{ config(meta={'dagster': {'ref': {'name': 'fct_stage_snapshots'}}}) }}

with spans as (

    select
        pipeline_code,
        stage_code,
        segment_code,
        count(*) as days_count,
        min(snapshot_date) as first_date,
        max(snapshot_date) as last_date
    from {{ ref('fct_stage_snapshots') }}
    group by pipeline_code, stage_code, segment_code

),

expected as (

    select
        spans.pipeline_code,
        spans.stage_code,
        spans.segment_code,
        spans.days_count,
        count(*) as expected_count
    from spans
    inner join {{ ref('dim_dates') }} as dates
        on spans.first_date <= dates.calendar_date
    group by spans.pipeline_code, spans.stage_code, spans.segment_code, spans.days_count

)

select * from expected
where days_count <> expected_count
