with members as (

    select * from {{ ref('int_conversion_clocks') }}

),

cube_members as (

    {{ cube_members() }}

),

cohorts as (

    select
        members.cohort_month,
        case
            when cube_members.is_all_pipelines = 1 then 'all'
            else members.pipeline_code
        end as pipeline_code,
        case
            when cube_members.is_all_segments = 1 then 'all'
            else members.segment_code
        end as segment_code,
        case
            when cube_members.is_all_channels = 1 then 'all'
            else members.channel_code
        end as channel_code,
        members.from_stage_code,
        members.to_stage_code,
        members.end_code,
        members.followed_for,
        members.watched_after,
        members.observed_until
    from members
    cross join cube_members
    where (cube_members.is_all_segments = 1 and members.is_in_totals)
        or (cube_members.is_all_segments = 0 and members.is_in_segment)

)

select * from cohorts
