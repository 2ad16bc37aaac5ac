-- A member is in eight cohorts; which, is worked out once a cell, not once a member.
with cells as (

    select distinct
        cohort_month, pipeline_code, segment_code, channel_code,
        from_stage_code, to_stage_code, is_in_totals, is_in_segment
    from {{ ref('int_conversion_clocks') }}

),

cube_members as (

    {{ cube_members() }}

),

placed as (

    select
        cells.*,
        case
            when cube_members.is_all_pipelines = 1 then 'all'
            else cells.pipeline_code
        end as cohort_pipeline_code,
        case
            when cube_members.is_all_segments = 1 then 'all'
            else cells.segment_code
        end as cohort_segment_code,
        case
            when cube_members.is_all_channels = 1 then 'all'
            else cells.channel_code
        end as cohort_channel_code
    from cells
    cross join cube_members
    where (cube_members.is_all_segments = 1 and cells.is_in_totals)
        or (cube_members.is_all_segments = 0 and cells.is_in_segment)

),

numbered as (

    select
        *,
        dense_rank() over (
            order by
                cohort_month, cohort_pipeline_code, cohort_segment_code,
                cohort_channel_code, from_stage_code, to_stage_code
        ) as cohort_number
    from placed

)

select * from numbered
