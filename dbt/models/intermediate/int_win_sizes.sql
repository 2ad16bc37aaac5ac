-- Size and time of the wins of the last year, by pipeline and in all.
with wins as (

    select
        journeys.pipeline_code,
        journeys.home_amount,
        journeys.seconds_to_outcome
    from {{ ref('int_owned_journeys') }} as journeys
    inner join {{ source('lake', 'runs') }} as runs
        on {{ plus_days(reporting_date('runs.as_of'), -365) }}
        <= {{ reporting_date('journeys.outcome_at') }}
    where journeys.outcome_code = 'won'

),

counted as (

    select * from wins
    union all
    select
        'all' as pipeline_code,
        home_amount,
        seconds_to_outcome
    from wins

),

sizes as (

    select
        pipeline_code,
        count(*) as wins_count,
        avg(home_amount) as mean_amount,
        percentile_cont(0.5) within group (order by seconds_to_outcome)
            as median_seconds_to_win,
        percentile_cont(0.9) within group (order by seconds_to_outcome)
            as p90_seconds_to_win
    from counted
    group by pipeline_code

)

select * from sizes
