-- What: open at end = open at start + entered - left - removed, and a month begins
--       as the one before it ended.
-- Why: prospects that come from nowhere or vanish make every plan wrong.
-- A row: a month at a stage that does not balance.
with followed as (

    select
        *,
        lag(open_at_end_count) over (
            partition by pipeline_code, segment_code, channel_code, stage_code
            order by month
        ) as ended_before_count
    from {{ ref('fct_monthly_throughput') }}

)

select * from followed
where open_at_end_count
    <> open_at_start_count + entered_count - left_count - removed_count
    or open_change_count <> open_at_end_count - open_at_start_count
    or open_at_start_count <> coalesce(ended_before_count, 0)
    or advanced_count + lost_count > left_count
