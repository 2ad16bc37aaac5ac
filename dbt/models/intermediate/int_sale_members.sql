-- Of every pair only the ways from a stage before the sale to a stage behind it.
with members as (

    select members.*
    from {{ ref('int_conversion_members') }} as members
    inner join {{ ref('int_stages_at_as_of') }} as starts
        on members.pipeline_code = starts.pipeline_code
        and members.from_stage_code = starts.stage_code
        and not starts.is_won
    inner join {{ ref('int_stages_at_as_of') }} as wins
        on members.pipeline_code = wins.pipeline_code
        and members.to_stage_code = wins.stage_code
        and wins.is_won

)

select * from members
