-- A step of a stage funnel that a stage or a customer's action may fill says that the
-- action proves the stage. What takes a property of the action as well is left out.
with funnels as (

    select
        funnel_code,
        coalesce(pipeline_code, 'all') as pipeline_code
    from {{ ref('funnels') }}
    where kind_code = 'stage'

),

steps as (

    select * from {{ ref('funnel_steps') }}
    where property_name is null

),

stages as (

    select * from {{ ref('int_stages_at_as_of') }}
    where not is_lost

),

proving as (

    select distinct
        stages.pipeline_code,
        stages.stage_code,
        actions.match_code as event_code
    from steps
    inner join funnels on steps.funnel_code = funnels.funnel_code
    inner join steps as actions
        on steps.funnel_code = actions.funnel_code
        and steps.step_order = actions.step_order
    inner join stages
        on steps.match_code = stages.stage_code
        and funnels.pipeline_code in ('all', stages.pipeline_code)
    where steps.match_kind = 'stage' and actions.match_kind = 'event'

)

select * from proving
