-- Of every pair only the ways from a stage before the sale to a stage behind it.
with members as (

    select members.*
    from {{ ref('int_conversion_members') }} as members
    inner join {{ ref('int_sale_pairs') }} as pairs
        on members.pipeline_code = pairs.pipeline_code
        and members.from_stage_code = pairs.from_stage_code
        and members.to_stage_code = pairs.to_stage_code

)

select * from members
