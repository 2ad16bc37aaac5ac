with changes as (

    select * from {{ ref('int_month_changes') }}

),

months as (

    select distinct calendar_month from {{ ref('int_calendar') }}

),

begun as (

    select
        pipeline_code, segment_code, channel_code, stage_code,
        min(changed_month) as first_month
    from changes
    group by pipeline_code, segment_code, channel_code, stage_code

),

filled as (

    select
        months.calendar_month,
        begun.pipeline_code,
        begun.segment_code,
        begun.channel_code,
        begun.stage_code,
        coalesce(changes.entered_count, 0) as entered_count,
        coalesce(changes.advanced_count, 0) as advanced_count,
        coalesce(changes.won_count, 0) as won_count,
        coalesce(changes.lost_count, 0) as lost_count,
        coalesce(changes.left_count, 0) as left_count,
        coalesce(changes.removed_count, 0) as removed_count,
        coalesce(changes.won_amount, 0) as won_amount
    from begun
    inner join months on begun.first_month <= months.calendar_month
    left join changes
        on months.calendar_month = changes.changed_month
        and begun.pipeline_code = changes.pipeline_code
        and begun.segment_code = changes.segment_code
        and begun.channel_code = changes.channel_code
        and begun.stage_code = changes.stage_code

),

running as (

    select
        *,
        sum(entered_count - left_count - removed_count) over (
            partition by pipeline_code, segment_code, channel_code, stage_code
            order by calendar_month
            rows between unbounded preceding and current row
        ) as open_at_end_count
    from filled

),

throughput as (

    select
        -- keys
        calendar_month as month,
        pipeline_code,
        segment_code,
        channel_code,
        stage_code,

        -- numbers
        cast(open_at_end_count - entered_count + left_count + removed_count as bigint)
            as open_at_start_count,
        cast(entered_count as bigint) as entered_count,
        cast(advanced_count as bigint) as advanced_count,
        cast(won_count as bigint) as won_count,
        cast(lost_count as bigint) as lost_count,
        cast(left_count as bigint) as left_count,
        cast(removed_count as bigint) as removed_count,
        cast(open_at_end_count as bigint) as open_at_end_count,
        cast(entered_count - left_count - removed_count as bigint) as open_change_count,
        won_amount

    from running
    where open_at_end_count > 0
        or entered_count > 0
        or left_count > 0
        or removed_count > 0
        or won_count > 0

)

select * from throughput
