-- First touch of each stage, and first move at or past it; retired stages included.
with journeys as (

    select journey_id, entered_at from {{ touched(ref('int_journeys')) }}
    where not is_deleted and not is_duplicate

),

moves as (

    select
        transitions.journey_id,
        transitions.pipeline_code,
        transitions.stage_code,
        transitions.step_number,
        transitions.changed_at,
        stages.stage_order
    from {{ touched(ref('int_transitions')) }} as transitions
    inner join journeys on transitions.journey_id = journeys.journey_id
    left join {{ ref('int_stages_at_as_of') }} as stages
        on transitions.pipeline_code = stages.pipeline_code
        and transitions.stage_code = stages.stage_code
        and not stages.is_lost

),

travelled as (

    select distinct moves.journey_id, moves.pipeline_code, journeys.entered_at
    from moves
    inner join journeys on moves.journey_id = journeys.journey_id

),

stages as (

    select
        *,
        row_number() over (
            partition by pipeline_code order by stage_order, stage_code
        ) as stage_number
    from {{ ref('int_stages_at_as_of') }}
    where not is_lost

),

reaches as (

    select
        travelled.journey_id,
        travelled.pipeline_code,
        travelled.entered_at,
        stages.stage_code,
        stages.stage_number,
        min(case when moves.stage_code = stages.stage_code then moves.step_number end)
            as first_touch_number,
        min(moves.step_number) as first_reach_number,
        {{ first_time('moves.changed_at', 'moves.step_number') }} as first_reached_at
    from travelled
    inner join stages on travelled.pipeline_code = stages.pipeline_code
    left join moves
        on travelled.journey_id = moves.journey_id
        and travelled.pipeline_code = moves.pipeline_code
        and stages.stage_order <= moves.stage_order
    group by
        travelled.journey_id, travelled.pipeline_code, travelled.entered_at,
        stages.stage_code, stages.stage_number

)

select * from reaches
