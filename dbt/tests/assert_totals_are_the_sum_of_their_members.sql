-- What: counts of an `all` member are the sum over its members.
-- Why: dashboards read the total and never add up rates.
-- A row: a cohort, pair and horizon whose total differs, where no landmark moves the
-- clocks of segments.
{{ config(meta={'dagster': {'ref': {'name': 'fct_monthly_conversions'}}}) }}

with members as (

    select
        cohort_month, from_stage_code, to_stage_code, horizon_days,
        sum(entered_count) as entered_count,
        sum(converted_count) as converted_count
    from {{ ref('fct_monthly_conversions') }}
    where pipeline_code <> 'all' and segment_code <> 'all' and channel_code <> 'all'
    group by cohort_month, from_stage_code, to_stage_code, horizon_days

),

landmarks as (

    select coalesce(max(landmark_days), 0) as landmark_days from {{ ref('segments') }}

),

totals as (

    select facts.*
    from {{ ref('fct_monthly_conversions') }} as facts
    cross join landmarks
    where facts.pipeline_code = 'all'
        and facts.segment_code = 'all'
        and facts.channel_code = 'all'
        and landmarks.landmark_days = 0

)

select totals.*
from totals
left join members
    on totals.cohort_month = members.cohort_month
    and totals.from_stage_code = members.from_stage_code
    and totals.to_stage_code = members.to_stage_code
    and totals.horizon_days = members.horizon_days
where totals.entered_count <> coalesce(members.entered_count, 0)
    or totals.converted_count <> coalesce(members.converted_count, 0)
