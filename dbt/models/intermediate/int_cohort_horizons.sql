with cohorts as (

    select * from {{ ref('int_conversion_cohorts') }}

),

horizons as (

    select * from {{ ref('int_horizons') }}

),

followed as (

    select
        cohorts.cohort_number,
        cohorts.end_code,
        cohorts.watched_after,
        cohorts.observed_until,
        horizons.horizon_days,
        cohorts.followed_for <= horizons.horizon_microseconds as is_ended,
        cohorts.followed_for >= horizons.horizon_microseconds
        and coalesce(
            cohorts.watched_after < horizons.horizon_microseconds, true
        ) as is_at_risk
    from cohorts
    cross join horizons

),

counted as (

    select
        cohort_number,
        horizon_days,
        count(*) as entered_count,
        count(case when is_ended and end_code = 'converted' then 1 end)
            as converted_count,
        count(case when is_ended and end_code = 'lost' then 1 end) as lost_count,
        count(
            case when is_ended and end_code = 'transferred' then 1 end
        ) as transferred_count,
        count(case when is_at_risk then 1 end) as at_risk_count,
        count(watched_after) > 0 as is_left_truncated,
        min(observed_until) as watched_until
    from followed
    group by cohort_number, horizon_days

),

judged as (

    select
        cohorts.cohort_month,
        cohorts.pipeline_code,
        cohorts.segment_code,
        cohorts.channel_code,
        cohorts.from_stage_code,
        cohorts.to_stage_code,
        counted.*,
        not counted.is_left_truncated
        and counted.watched_until >= {{ plus_seconds(
            start_of_date(next_month('cohorts.cohort_month')),
            'counted.horizon_days * 86400'
        ) }} as is_mature
    from counted
    inner join {{ ref('int_cohorts') }} as cohorts
        on counted.cohort_number = cohorts.cohort_number

)

select * from judged
