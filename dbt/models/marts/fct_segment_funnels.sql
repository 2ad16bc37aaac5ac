with journeys as (

    select * from {{ ref('int_funnel_journeys') }}

),

members as (

    select
        chosen.is_all_segments,
        chosen.is_all_channels
    from (
        values (0, 0), (0, 1), (1, 0), (1, 1)
    ) as chosen (is_all_segments, is_all_channels)

),

open_ends as (

    select funnel_code, journey_id, sum(still_open_count) as open_count
    from journeys
    group by funnel_code, journey_id

),

judged as (

    select
        journeys.*,
        case
            when windows.window_seconds is null then open_ends.open_count = 0
            else sources.observed_until >= {{ plus_seconds(
                start_of_date(next_month('journeys.cohort_month')),
                'windows.window_seconds'
            ) }}
        end as is_settled
    from journeys
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    inner join open_ends
        on journeys.funnel_code = open_ends.funnel_code
        and journeys.journey_id = open_ends.journey_id
    inner join {{ ref('funnels') }} as windows
        on journeys.funnel_code = windows.funnel_code

),

cubed as (

    select
        judged.* {{ exclude() }} (segment_code, channel_code),
        case when members.is_all_segments = 1 then 'all' else judged.segment_code end
            as segment_code,
        case when members.is_all_channels = 1 then 'all' else judged.channel_code end
            as channel_code
    from judged
    cross join members

),

funnels as (

    select
        -- keys
        funnel_code,
        pipeline_code,
        cohort_month,
        segment_code, channel_code, step_order, step_code,

        -- journeys
        count(*) as entered_count,
        cast(sum(is_touched) as bigint) as touched_count,
        cast(sum(is_reached) as bigint) as reached_count,
        cast(sum(is_reached - is_touched - is_reached_by_entry) as bigint)
            as reached_by_skip_count,
        cast(sum(is_reached_by_entry) as bigint) as reached_by_entry_count,
        cast(sum(is_in_order) as bigint) as in_order_count,

        -- visits
        {% for name in [
            'visits', 'advanced', 'moved_back', 'lost', 'transferred', 'completed',
            'still_open',
        ] -%}
        cast(sum({{ name }}_count) as bigint) as {{ name }}_count,
        {% endfor %}
        -- times
        percentile_cont(0.5) within group (order by seconds_to_reach)
            as median_seconds_to_reach,
        percentile_cont(0.9) within group (order by seconds_to_reach)
            as p90_seconds_to_reach,
        count(case when is_settled then 1 end) = count(*) as is_mature

    from cubed
    group by
        funnel_code, pipeline_code, cohort_month, segment_code, channel_code,
        step_order, step_code

)

select * from funnels
