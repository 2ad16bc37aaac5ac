with stages as (

    select
        pipeline_code,
        stage_code,
        stage_name,
        stage_order,
        actor_code,
        trigger_name,
        outcome_code,
        probability,
        stale_after_days,
        valid_from,
        valid_to,
        is_won,
        is_lost
    from {{ ref('int_stages') }}

)

select * from stages
