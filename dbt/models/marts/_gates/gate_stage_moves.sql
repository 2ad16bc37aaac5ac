-- Stages that customers pass the other way round are registered in the wrong order.
with transitions as (

    select
        moves.*,
        runs.as_of
    from {{ ref('int_transitions') }} as moves
    cross join {{ source('lake', 'runs') }} as runs

),

moves as (

    select
        pipeline_code,
        case
            when stage_order > last_mapped_stage_order then from_stage_code
            else stage_code
        end as stage_code,
        case
            when stage_order > last_mapped_stage_order then stage_code
            else from_stage_code
        end as later_stage_code,
        deal_id,
        source_file,
        stage_order < last_mapped_stage_order as is_backward,
        is_lost or was_lost as is_loss,
        (was_won or was_lost) and not is_won and not is_lost
        and direction_code <> 'reopen' as is_unreopened,
        changed_at > {{ dbt.dateadd('day', -30, 'as_of') }} as is_recent,
        changed_at > {{ dbt.dateadd('day', -120, 'as_of') }} as is_in_quarter
    from transitions
    where not is_unmapped
        and from_stage_code <> 'unmapped'
        and pipeline_code = last_mapped_pipeline_code
        and stage_order <> last_mapped_stage_order

),

counted as (

    select
        pipeline_code,
        stage_code,
        later_stage_code,
        count(*) as moves_count,
        count(case when is_backward and not is_loss then 1 end) as backward_count,
        count(case when is_recent then 1 end) as recent_count,
        count(case when is_recent and is_backward then 1 end) as recent_backward_count,
        count(case when is_in_quarter and not is_recent then 1 end) as quarter_count,
        count(case when is_in_quarter and not is_recent and is_backward then 1 end)
            as quarter_backward_count,
        count(case when is_unreopened then 1 end) as unreopened_count,
        min(case when is_backward or is_unreopened then deal_id end) as example_deal_id,
        min_by(
            case when is_backward or is_unreopened then source_file end,
            case when is_backward or is_unreopened then deal_id end
        ) as example_file,
        max(is_loss) as is_loss
    from moves
    group by pipeline_code, stage_code, later_stage_code

),

-- Of fewer than 20 moves a share says nothing, and would warn by chance.
judged as (

    select
        * {{ exclude() }} (is_loss),
        case
            when moves_count >= 20 then cast(backward_count as double) / moves_count
            else 0
        end as backward_share,
        case
            when recent_count >= 20 and quarter_count >= 20 and not is_loss
                then
                    abs(
                        cast(recent_backward_count as double) / recent_count
                        - cast(quarter_backward_count as double) / quarter_count
                    )
            else 0
        end as drift_share
    from counted

)

select * from judged
