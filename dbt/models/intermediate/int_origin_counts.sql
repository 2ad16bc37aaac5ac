-- Each origin from the landmark on to the sale.
with followed as (

    select
        origins.pipeline_code,
        origins.origin_code,
        clocks.end_code,
        clocks.is_left_truncated,
        clocks.followed_for - (
            {{ microseconds('origins.landmark_at') }}
            - {{ microseconds('clocks.origin_at') }}
        ) as followed_for,
        clocks.watched_for - (
            {{ microseconds('origins.landmark_at') }}
            - {{ microseconds('clocks.origin_at') }}
        ) as watched_for
    from {{ ref('int_journey_origins') }} as origins
    left join {{ ref('int_won_clocks') }} as clocks
        on origins.journey_id = clocks.journey_id
        and origins.pipeline_code = clocks.pipeline_code
        and origins.entry_stage_code = clocks.stage_code

),

faced as (

    select
        followed.*,
        horizons.horizon_days,
        horizons.horizon_microseconds
    from followed
    cross join {{ ref('int_horizons') }} as horizons

),

counted as (

    select
        pipeline_code,
        origin_code,
        horizon_days,
        {{ followed_counts() }}
    from faced
    group by pipeline_code, origin_code, horizon_days

)

select * from counted
