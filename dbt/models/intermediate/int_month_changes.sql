-- Totals are counted, so that a dashboard never adds members up.
with moves as (

    select * from {{ ref('int_month_moves') }}

),

cube_members as (

    {{ cube_members() }}

),

cubed as (

    select
        case
            when cube_members.is_all_pipelines = 1 then 'all'
            else moves.pipeline_code
        end as pipeline_code,
        case
            when cube_members.is_all_segments = 1 then 'all'
            else moves.segment_code
        end as segment_code,
        case
            when cube_members.is_all_channels = 1 then 'all'
            else moves.channel_code
        end as channel_code,
        moves.* {{ exclude() }} (pipeline_code, segment_code, channel_code)
    from moves
    cross join cube_members

),

summed as (

    select
        month as changed_month,
        pipeline_code,
        segment_code,
        channel_code,
        stage_code,
        sum(entered_count) as entered_count,
        sum(advanced_count) as advanced_count,
        sum(won_count) as won_count,
        sum(lost_count) as lost_count,
        sum(left_count) as left_count,
        sum(removed_count) as removed_count,
        sum(won_amount) as won_amount
    from cubed
    group by month, pipeline_code, segment_code, channel_code, stage_code

)

select * from summed
