-- After `unmapped` a change is judged against the last mapped one: both beside it.
with changes as (

    select * from {{ touched(ref('int_ordered_stage_changes')) }}
    where not is_absorbed and not is_awaited

),

numbered as (

    select
        *,
        row_number() over followed as step_number,
        lag(stage_code) over followed as from_stage_code,
        lag(changed_at) over followed as from_changed_at,
        count(case when not is_unmapped then 1 end) over (
            partition by journey_id order by order_number
            rows between unbounded preceding and 1 preceding
        ) as mapped_before_count
    from changes
    window followed as (partition by journey_id order by order_number)

),

mapped as (

    select
        journey_id,
        pipeline_code,
        stage_code,
        is_won,
        is_lost,
        mapped_before_count + 1 as mapped_before_count
    from numbered
    where not is_unmapped

),

followed as (

    select
        numbered.*,
        mapped.pipeline_code as last_mapped_pipeline_code,
        coalesce(mapped.is_won, false) as was_won,
        coalesce(mapped.is_lost, false) as was_lost,
        stages.stage_order as last_mapped_stage_order
    from numbered
    left join mapped
        on numbered.journey_id = mapped.journey_id
        and numbered.mapped_before_count = mapped.mapped_before_count
    left join {{ ref('int_stages') }} as stages
        on mapped.pipeline_code = stages.pipeline_code
        and mapped.stage_code = stages.stage_code
        and numbered.changed_date >= stages.order_held_from
        and numbered.changed_date < stages.order_held_to

)

select * from followed
