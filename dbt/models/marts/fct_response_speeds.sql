with clocks as (

    select * from {{ ref('int_answered_clocks') }}

),

horizons as (

    select * from {{ ref('int_horizons') }}

),

faced as (

    select
        clocks.*,
        horizons.horizon_days,
        horizons.horizon_microseconds
    from clocks
    cross join horizons

),

counted as (

    select
        pipeline_code,
        within_seconds,
        answer_code,
        horizon_days,
        {{ followed_counts() }}
    from faced
    group by pipeline_code, within_seconds, answer_code, horizon_days

),

speeds as (

    select
        -- keys
        pipeline_code,
        within_seconds,
        answer_code,
        horizon_days,

        -- numbers
        journeys_count,
        ended_before_landmark_count,
        watched_count,
        converted_count,
        converted_count / cast(nullif(watched_count, 0) as double) as conversion_rate,
        {{ wilson_low('converted_count', 'watched_count') }} as conversion_rate_low,
        {{ wilson_high('converted_count', 'watched_count') }} as conversion_rate_high

    from counted

)

select * from speeds
