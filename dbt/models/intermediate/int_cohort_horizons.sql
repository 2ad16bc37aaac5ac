-- What had become of each cohort at each horizon, as far as it was watched.
with cohorts as (

    select * from {{ ref('int_conversion_cohorts') }}

),

horizons as (

    select * from {{ ref('int_horizons') }}

),

counted as (

    select
        cohorts.cohort_month,
        cohorts.pipeline_code,
        cohorts.segment_code,
        cohorts.channel_code,
        cohorts.from_stage_code,
        cohorts.to_stage_code,
        horizons.horizon_days,
        max(horizons.horizon_microseconds) as horizon_microseconds,
        count(*) as entered_count,
        count(case when end_code = 'converted' and followed_for <= horizon_microseconds then 1 end) as converted_count,
        count(case when end_code = 'lost' and followed_for <= horizon_microseconds then 1 end) as lost_count,
        count(case when end_code = 'transferred' and followed_for <= horizon_microseconds then 1 end) as transferred_count,
        count(
            case
                when followed_for >= horizon_microseconds
                    and (watched_after is null or watched_after < horizon_microseconds)
                    then 1
            end
        ) as at_risk_count,
        count(watched_after) > 0 as is_left_truncated,
        min(observed_until) as watched_until
    from cohorts
    cross join horizons
    group by
        cohorts.cohort_month, cohorts.pipeline_code, cohorts.segment_code,
        cohorts.channel_code, cohorts.from_stage_code, cohorts.to_stage_code,
        horizons.horizon_days

),

judged as (

    select
        *,
        not is_left_truncated
        and watched_until >= {{ plus_seconds(start_of_date(next_month('cohort_month')), 'horizon_days * 86400') }} as is_mature
    from counted

)

select * from judged
