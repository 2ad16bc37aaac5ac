with journeys as (

    select * from {{ ref('int_funnel_journeys') }}

),

members as (

    select * from (values (0, 0), (0, 1), (1, 0), (1, 1)) as chosen (is_all_segments, is_all_channels)

),

open_ends as (

    select funnel_code, journey_id, sum(still_open_count) as open_count
    from journeys
    group by funnel_code, journey_id

),

windows as (

    select funnel_code, window_seconds from {{ ref('funnels') }}

),

judged as (

    select
        journeys.*,
        case
            when windows.window_seconds is null then open_ends.open_count = 0
            else coalesce(
                journeys.observed_until >= {{ plus_seconds(start_of_date(next_month('journeys.cohort_month')), 'windows.window_seconds') }},
                false
            )
        end as is_settled
    from journeys
    inner join open_ends
        on journeys.funnel_code = open_ends.funnel_code
        and journeys.journey_id = open_ends.journey_id
    inner join windows on journeys.funnel_code = windows.funnel_code

),

funnels as (

    select
        -- keys
        judged.funnel_code,
        judged.pipeline_code,
        judged.cohort_month,
        case when members.is_all_segments = 1 then 'all' else judged.segment_code end as segment_code,
        case when members.is_all_channels = 1 then 'all' else judged.channel_code end as channel_code,
        judged.step_order,
        judged.step_code,

        -- journeys
        count(*) as entered_count,
        cast(sum(judged.is_touched) as bigint) as touched_count,
        cast(sum(judged.is_reached) as bigint) as reached_count,
        cast(sum(judged.is_reached - judged.is_touched - judged.is_reached_by_entry) as bigint) as reached_by_skip_count,
        cast(sum(judged.is_reached_by_entry) as bigint) as reached_by_entry_count,
        cast(sum(judged.is_in_order) as bigint) as in_order_count,

        -- visits
        cast(sum(judged.visits_count) as bigint) as visits_count,
        cast(sum(judged.advanced_count) as bigint) as advanced_count,
        cast(sum(judged.moved_back_count) as bigint) as moved_back_count,
        cast(sum(judged.lost_count) as bigint) as lost_count,
        cast(sum(judged.transferred_count) as bigint) as transferred_count,
        cast(sum(judged.completed_count) as bigint) as completed_count,
        cast(sum(judged.still_open_count) as bigint) as still_open_count,

        -- times
        percentile_cont(0.5) within group (order by judged.seconds_to_reach) as median_seconds_to_reach,
        percentile_cont(0.9) within group (order by judged.seconds_to_reach) as p90_seconds_to_reach,
        count(case when judged.is_settled then 1 end) = count(*) as is_mature

    from judged
    cross join members
    group by 1, 2, 3, 4, 5, 6, 7

)

select * from funnels
