-- From the first of a volume on every month has a row: one without any is news.
with volumes as (

    select
        *,
        {{ reporting_month('occurred_at') }} as month
    from {{ ref('int_volume_totals') }}

),

counted as (

    select
        pipeline_code,
        volume_kind,
        volume_code,
        month,
        count(*) as volume_count
    from volumes
    group by pipeline_code, volume_kind, volume_code, month

),

bounds as (

    select
        coalesce(
            (select min(volumes.month) from volumes), {{ reporting_date('as_of') }}
        ) as first_date,
        {{ reporting_date('as_of') }} as last_date
    from {{ source('lake', 'runs') }}

),

days as (

    select {{ days_between('first_date', 'last_date') }} as calendar_date
    from bounds

),

months as (

    select distinct cast(date_trunc('month', calendar_date) as date) as month
    from days

),

firsts as (

    select pipeline_code, volume_kind, volume_code, min(month) as first_month
    from counted
    group by pipeline_code, volume_kind, volume_code

),

volume_months as (

    select
        months.month,
        firsts.pipeline_code,
        firsts.volume_kind,
        firsts.volume_code,
        cast(coalesce(counted.volume_count, 0) as bigint) as volume_count
    from firsts
    inner join months on firsts.first_month <= months.month
    left join counted
        on firsts.pipeline_code = counted.pipeline_code
        and firsts.volume_kind = counted.volume_kind
        and firsts.volume_code = counted.volume_code
        and months.month = counted.month

)

select * from volume_months
