-- Recursive, since which hit comes next depends on which one came before.
with recursive stages as (

    select
        pipeline_code,
        stage_code,
        row_number() over (
            partition by pipeline_code order by stage_order, stage_code
        ) as stage_number
    from {{ ref('int_stages_at_as_of') }}
    where not is_lost

),

hits as (

    select
        transitions.journey_id,
        transitions.pipeline_code,
        stages.stage_number,
        transitions.step_number
    from {{ touched(ref('int_transitions')) }} as transitions
    inner join stages
        on transitions.pipeline_code = stages.pipeline_code
        and transitions.stage_code = stages.stage_code

),

links as (

    select
        hits.journey_id,
        hits.pipeline_code,
        hits.stage_number,
        hits.step_number,
        min(later.step_number) as next_step_number
    from hits
    left join hits as later
        on hits.journey_id = later.journey_id
        and hits.pipeline_code = later.pipeline_code
        and hits.stage_number + 1 = later.stage_number
        and hits.step_number < later.step_number
    group by hits.journey_id, hits.pipeline_code, hits.stage_number, hits.step_number

),

begun as (

    select journey_id, pipeline_code, min(step_number) as step_number
    from hits
    where stage_number = 1
    group by journey_id, pipeline_code

),

sequences as (

    select links.*
    from links
    inner join begun
        on links.journey_id = begun.journey_id
        and links.pipeline_code = begun.pipeline_code
        and links.step_number = begun.step_number
    union all
    select links.*
    from sequences
    inner join links
        on sequences.journey_id = links.journey_id
        and sequences.pipeline_code = links.pipeline_code
        and sequences.next_step_number = links.step_number

)

select journey_id, pipeline_code, stage_number from sequences
