-- Each stage with the next in order, and with its pipeline's first won stage.
with stages as (

    select * from {{ ref('int_stages_at_as_of') }}
    where not is_lost

),

current_stages as (

    select * from stages
    where not is_retired

),

first_won as (

    select pipeline_code, min(stage_order) as stage_order
    from current_stages
    where is_won
    group by pipeline_code

),

next_in_order as (

    select
        stages.pipeline_code,
        stages.stage_code,
        min(later.stage_order) as to_stage_order
    from stages
    inner join current_stages as later
        on stages.pipeline_code = later.pipeline_code
        and stages.stage_order < later.stage_order
    group by stages.pipeline_code, stages.stage_code

),

wanted as (

    select pipeline_code, stage_code, to_stage_order from next_in_order
    union
    select
        stages.pipeline_code, stages.stage_code, first_won.stage_order as to_stage_order
    from stages
    inner join first_won
        on stages.pipeline_code = first_won.pipeline_code
        and stages.stage_order < first_won.stage_order

),

pairs as (

    select
        wanted.pipeline_code,
        wanted.stage_code as from_stage_code,
        targets.stage_code as to_stage_code,
        wanted.to_stage_order
    from wanted
    inner join current_stages as targets
        on wanted.pipeline_code = targets.pipeline_code
        and wanted.to_stage_order = targets.stage_order

)

select * from pairs
