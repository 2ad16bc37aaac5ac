-- What the plays of a scenario make of each step: gains in percent multiply its share,
-- points are added to that, and nobody reaches a step twice. Entries have no share of a
-- step before them, and no bound.
with sets as (

    select * from {{ ref('int_play_sets') }}

),

rates as (

    select * from {{ ref('int_step_rates') }}

),

gained as (

    select
        scenario_code,
        scenario_play_code,
        pipeline_code,
        stage_code,
        max(place) as last_place,
        sum(gain) as summed_gain,
        {{ product_of(
            "case when gain_unit = 'percent' then 1 + gain / 100 else 1 end"
        ) }} as multiplied,
        sum(case when gain_unit = 'points' then gain / 100 else 0 end) as added
    from sets
    group by scenario_code, scenario_play_code, pipeline_code, stage_code

),

effects as (

    select
        gained.scenario_code,
        gained.scenario_play_code,
        gained.pipeline_code,
        gained.stage_code,
        gained.last_place,
        gained.summed_gain,
        rates.horizon_days,
        case
            when rates.step_number = 1 then gained.multiplied
            else
                greatest(
                    0, least(1, rates.step_rate * gained.multiplied + gained.added)
                ) / nullif(rates.step_rate, 0)
        end as step_factor
    from gained
    inner join rates
        on gained.pipeline_code = rates.pipeline_code
        and gained.stage_code = rates.stage_code

)

select * from effects
