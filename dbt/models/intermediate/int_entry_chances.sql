-- The measured chance of who enters a pipeline at its first stage; over all pipelines,
-- weighted by how many entered each.
with first_stages as (

    select pipeline_code, min_by(stage_code, (stage_order, stage_code)) as stage_code
    from {{ ref('int_stages_at_as_of') }}
    where not is_won and not is_lost and not is_retired
    group by pipeline_code

),

chances as (

    select
        chances.pipeline_code,
        chances.members_count,
        chances.chance
    from {{ ref('int_chances') }} as chances
    inner join first_stages
        on chances.pipeline_code = first_stages.pipeline_code
        and chances.stage_code = first_stages.stage_code
    inner join {{ source('lake', 'runs') }} as runs
        on chances.forecast_at = runs.as_of
    where chances.segment_code = 'all'

),

entries as (

    select pipeline_code, chance from chances
    union all
    select
        'all' as pipeline_code,
        sum(chance * members_count) / sum(members_count) as chance
    from chances
    having count(*) > 0

)

select * from entries
