with effects as (

    select * from {{ ref('int_play_effects') }}

),

sales as (

    select * from {{ ref('int_step_rates') }}
    where is_sale

),

compounded as (

    select
        pipeline_code,
        horizon_days,
        scenario_code,
        scenario_play_code,
        max(last_place) as last_place,
        sum(summed_gain) as summed_gain,
        case when count(step_factor) = count(*) then {{ product_of('step_factor') }} end
            as wins_factor
    from effects
    group by pipeline_code, horizon_days, scenario_code, scenario_play_code

),

followed as (

    select
        *,
        case
            when scenario_code = 'one_after_another'
                then coalesce(lag(wins_factor) over in_scenario, 1)
            else 1
        end as wins_factor_before
    from compounded
    window in_scenario as (
        partition by pipeline_code, horizon_days, scenario_code order by last_place
    )

),

scenarios as (

    select
        -- keys
        followed.pipeline_code,
        followed.horizon_days,
        followed.scenario_code,
        followed.scenario_play_code as play_code,
        cast(followed.last_place as integer) as place,

        -- numbers
        followed.summed_gain,
        followed.wins_factor,
        sales.reached_count as base_wins_count,
        sales.reached_count * followed.wins_factor as wins,
        sales.reached_count * (followed.wins_factor - followed.wins_factor_before)
            as added_wins,
        sales.reached_amount as base_amount,
        sales.reached_amount * followed.wins_factor as amount,
        sales.reached_amount * (followed.wins_factor - followed.wins_factor_before)
            as added_amount

    from followed
    inner join sales
        on followed.pipeline_code = sales.pipeline_code
        and followed.horizon_days = sales.horizon_days

)

select * from scenarios
