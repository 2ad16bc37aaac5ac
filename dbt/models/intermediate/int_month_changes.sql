-- Totals are counted, so that a dashboard never adds members up.
with stays as (

    select
        *,
        {{ reporting_month('began_at') }} as began_month,
        {{ reporting_month('ended_at') }} as ended_month
    from {{ ref('int_stays') }}

),

wins as (

    select
        stays.*,
        valuations.home_amount
    from stays
    left join {{ ref('int_valuations') }} as valuations
        on stays.journey_id = valuations.journey_id
        and {{ reporting_date('stays.began_at') }} = valuations.valued_date
    where stays.is_win

),

changed as (

    select
        began_month as changed_month, pipeline_code, segment_code, channel_code,
        stage_code,
        1 as entered_count, 0 as advanced_count, 0 as won_count, 0 as lost_count,
        0 as left_count, 0 as removed_count, cast(0 as double) as won_amount
    from stays
    where not is_lost
    union all
    select
        ended_month as changed_month, pipeline_code, segment_code, channel_code,
        stage_code,
        0 as entered_count,
        case
            when is_removed then 0
            when next_direction_code in ('forward', 'skip')
                and next_pipeline_code = pipeline_code
                and next_stage_order > next_from_stage_order
                then 1
            else 0
        end as advanced_count,
        0 as won_count,
        case when next_is_lost and not is_removed then 1 else 0 end as lost_count,
        case when is_removed then 0 else 1 end as left_count,
        case when is_removed then 1 else 0 end as removed_count,
        cast(0 as double) as won_amount
    from stays
    where not is_lost and ended_at is not null
    union all
    select
        began_month as changed_month, pipeline_code, segment_code, channel_code,
        credited_stage_code as stage_code,
        0 as entered_count, 0 as advanced_count, 1 as won_count, 0 as lost_count,
        0 as left_count, 0 as removed_count, coalesce(home_amount, 0) as won_amount
    from wins

),

cube_members as (

    {{ cube_members() }}

),

cubed as (

    select
        case
            when cube_members.is_all_pipelines = 1 then 'all'
            else changed.pipeline_code
        end as pipeline_code,
        case
            when cube_members.is_all_segments = 1 then 'all'
            else changed.segment_code
        end as segment_code,
        case
            when cube_members.is_all_channels = 1 then 'all'
            else changed.channel_code
        end as channel_code,
        changed.* exclude (pipeline_code, segment_code, channel_code)
    from changed
    cross join cube_members

),

summed as (

    select
        changed_month,
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
    group by changed_month, pipeline_code, segment_code, channel_code, stage_code

)

select * from summed
