with stages as (

    select
        pipeline_code,
        stage_code,
        is_won
    from {{ ref('int_stages_at_as_of') }}

),

pairs as (

    select
        starts.pipeline_code,
        starts.stage_code as from_stage_code,
        wins.stage_code as to_stage_code
    from stages as starts
    inner join stages as wins on starts.pipeline_code = wins.pipeline_code
    where not starts.is_won and wins.is_won

)

select * from pairs
