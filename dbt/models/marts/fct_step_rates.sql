with rates as (

    select * from {{ ref('int_step_rates') }}

),

step_rates as (

    select
        -- keys
        pipeline_code,
        stage_code,
        horizon_days,
        is_sale,

        -- numbers
        cast(step_number as integer) as step_number,
        reached_count,
        reached_amount,
        step_rate

    from rates

)

select * from step_rates
