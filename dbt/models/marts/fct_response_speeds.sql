with counted as (

    {{ counted_to_horizons(
        ref('int_answered_clocks'),
        ['pipeline_code', 'within_seconds', 'answer_code'],
    ) }}

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
