-- Median age of what is open at month ends and at as-of; too dear for every day.
with days as (

    select * from {{ ref('int_calendar') }}
    where is_month_end_or_as_of

),

stays as (

    select
        *,
        {{ reporting_date('began_at') }} as began_date,
        {{ reporting_date('ended_at') }} as ended_date
    from {{ ref('int_stays') }}
    where not is_won and not is_lost

),

present as (

    select
        days.calendar_date,
        stays.pipeline_code,
        stays.stage_code,
        stays.segment_code,
        {{ seconds_between(
            'stays.began_at', 'least(days.ended_at, sources.observed_until)'
        ) }} as age_seconds
    from days
    inner join stays
        on days.calendar_date >= stays.began_date
        and (stays.ended_date is null or days.calendar_date < stays.ended_date)
    inner join {{ ref('int_sources') }} as sources
        on stays.source_code = sources.source_code

),

medians as (

    select
        calendar_date,
        pipeline_code,
        stage_code,
        segment_code,
        percentile_cont(0.5) within group (order by age_seconds) as median_age_seconds
    from present
    group by calendar_date, pipeline_code, stage_code, segment_code

)

select * from medians
