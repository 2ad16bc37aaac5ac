with queue as (

    select * from {{ ref('fct_recovery_queue') }}

),

reasons as (

    select
        -- keys
        pipeline_code,
        reason_code,
        missed_stage_code,
        play_names,

        -- numbers
        count(*) as journeys_count,
        count(*) - count(recovery_rate) as unmeasured_count,
        sum(expected_amount) as expected_amount

    from queue
    group by pipeline_code, reason_code, missed_stage_code, play_names

)

select * from reasons
