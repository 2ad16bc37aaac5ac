-- What became of the journeys watched for a whole horizon from their entry: how many
-- reached each step within it, as a share of those that reached the step before.
with stages as (

    select
        *,
        min(case when is_won then stage_order end) over (
            partition by pipeline_code
        ) as sale_order
    from {{ ref('int_stages_at_as_of') }}
    where not is_lost and not is_retired

),

steps as (

    select
        pipeline_code, stage_code, stage_order,
        row_number() over (
            partition by pipeline_code order by stage_order
        ) as step_number,
        stage_order = sale_order as is_sale
    from stages
    where stage_order <= sale_order

),

watched as (

    select
        journeys.journey_id, journeys.entered_at,
        amounts.home_amount,
        horizons.horizon_days,
        horizons.horizon_microseconds
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_home_amounts') }} as amounts
        on journeys.journey_id = amounts.journey_id
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    inner join {{ ref('int_horizons') }} as horizons
        on {{ microseconds('sources.observed_until') }}
        - {{ microseconds('journeys.entered_at') }} >= horizons.horizon_microseconds
    where not journeys.is_deleted and not journeys.is_duplicate
        and journeys.observed_from <= journeys.entered_at

),

reached as (

    select
        reaches.pipeline_code,
        reaches.stage_code,
        watched.horizon_days,
        watched.home_amount,
        {{ microseconds('reaches.first_reached_at') }}
        - {{ microseconds('watched.entered_at') }}
        <= watched.horizon_microseconds as is_in_time
    from watched
    inner join {{ ref('int_stage_reaches') }} as reaches
        on watched.journey_id = reaches.journey_id

),

counted as (

    select
        steps.pipeline_code,
        steps.stage_code,
        steps.step_number,
        steps.is_sale,
        reached.horizon_days,
        count(case when reached.is_in_time then 1 end) as reached_count,
        sum(case when reached.is_in_time then reached.home_amount end) as reached_amount
    from reached
    inner join steps
        on reached.pipeline_code = steps.pipeline_code
        and reached.stage_code = steps.stage_code
    group by
        steps.pipeline_code, steps.stage_code, steps.step_number, steps.is_sale,
        reached.horizon_days

),

rates as (

    select
        *,
        reached_count / cast(
            nullif(
                lag(reached_count) over (
                    partition by pipeline_code, horizon_days order by step_number
                ),
                0
            ) as double
        ) as step_rate
    from counted

)

select * from rates
