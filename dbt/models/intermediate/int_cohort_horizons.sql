with cohorts as (

    select * from {{ ref('int_conversion_cohorts') }}

),

horizons as (

    select * from {{ ref('int_horizons') }}

),

followed as (

    select
        cohorts.*,
        horizons.horizon_days,
        horizons.horizon_microseconds,
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
        cohort_month,
        pipeline_code,
        segment_code,
        channel_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        max(horizon_microseconds) as horizon_microseconds,
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
    group by
        cohort_month, pipeline_code, segment_code, channel_code,
        from_stage_code, to_stage_code, horizon_days

),

judged as (

    select
        *,
        not is_left_truncated
        and watched_until >= {{ plus_seconds(
            start_of_date(next_month('cohort_month')), 'horizon_days * 86400'
        ) }} as is_mature
    from counted

)

select * from judged
