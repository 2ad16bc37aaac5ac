with losses as (

    select * from {{ ref('int_losses') }}

),

loss_reasons as (

    select
        -- keys
        lost_month,
        pipeline_code,
        segment_code,
        stage_code,
        loss_reason_code,
        missed_stage_code,

        -- numbers
        count(*) as lost_count,
        cast(
            sum(count(*)) over (
                partition by lost_month, pipeline_code, segment_code, stage_code
            ) as bigint
        ) as lost_at_stage_count,
        count(*) - count(home_amount) as unvalued_count,
        sum(home_amount) as lost_amount

    from losses
    group by
        lost_month, pipeline_code, segment_code, stage_code, loss_reason_code,
        missed_stage_code

)

select * from loss_reasons
