-- As-of, and the ends of the 24 months before it, as far back and on as a source is
-- watched. A past one knows what extracts had brought by then, where two or more were
-- taken in the month that it ends; else all that had happened, whenever it was known.
with runs as (

    select
        {{ reporting_date('as_of') }} as as_of_date,
        {{ reporting_month('as_of') }} as as_of_month
    from {{ source('lake', 'runs') }}

),

days as (

    select
        calendar.*,
        calendar.calendar_date = runs.as_of_date as is_as_of,
        -- what happens as the next month begins is not of this one
        case
            when calendar.calendar_date = runs.as_of_date then calendar.ended_at
            else {{ plus_seconds('calendar.ended_at', '-0.000001') }}
        end as forecast_at,
        {{ start_of_date('calendar.calendar_month') }} as month_began_at
    from {{ ref('int_calendar') }} as calendar
    inner join runs
        on calendar.calendar_month
        >= {{ dbt.dateadd('month', -24, 'runs.as_of_month') }}
    where calendar.is_month_end_or_as_of

),

extracts as (

    select distinct source_code, extracted_at
    from {{ source('lake', 'files') }}
    where extracted_at is not null

),

counted as (

    select
        sources.source_code,
        days.calendar_date as forecast_date,
        days.calendar_month as forecast_month,
        days.forecast_at,
        days.is_as_of,
        sources.observed_until,
        count(extracts.extracted_at) as extracts_count,
        max(extracts.extracted_at) as last_extract_at
    from {{ ref('int_sources') }} as sources
    inner join days
        on days.is_as_of
        or (
            sources.observed_until >= {{ plus_seconds('days.ended_at', '-1') }}
            and coalesce(sources.history_from < days.ended_at, true)
        )
    left join extracts
        on sources.source_code = extracts.source_code
        and days.month_began_at <= extracts.extracted_at
        and days.forecast_at >= extracts.extracted_at
    group by
        sources.source_code, days.calendar_date, days.calendar_month,
        days.forecast_at, days.is_as_of, sources.observed_until

),

dates as (

    select
        source_code,
        forecast_date,
        forecast_month,
        forecast_at,
        is_as_of,
        is_as_of or extracts_count >= 2 as is_as_known,
        observed_until as source_observed_until,
        case
            when is_as_of then observed_until
            when extracts_count >= 2 then last_extract_at
            else forecast_at
        end as observed_until
    from counted

),

watched as (

    select
        * {{ exclude() }} (source_observed_until),
        -- a source may be watched for less than the last second of a month's last day
        least(observed_until, source_observed_until) as watched_until
    from dates

)

select * from watched
