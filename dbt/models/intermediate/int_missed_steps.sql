-- The first step, in order, that the registry says the customer does and that this one
-- was never seen to do.
with reaches as (

    select * from {{ ref('int_stage_reaches') }}
    where first_reach_number is null

),

stages as (

    select * from {{ ref('int_stages_at_as_of') }}
    where actor_code = 'customer' and not is_retired

),

missed as (

    select
        reaches.journey_id,
        reaches.pipeline_code,
        min_by(stages.stage_code, stages.stage_order) as missed_stage_code
    from reaches
    inner join stages
        on reaches.pipeline_code = stages.pipeline_code
        and reaches.stage_code = stages.stage_code
    group by reaches.journey_id, reaches.pipeline_code

)

select * from missed
