-- Conversion of the three newest mature months to the next stage, beside the twelve
-- before them, beside all segments in the same months, and beside the benchmark.
with pairs as (

    select pipeline_code, from_stage_code, min(to_stage_order) as to_stage_order
    from {{ ref('int_stage_pairs') }}
    group by pipeline_code, from_stage_code

),

conversions as (

    select
        conversions.*,
        horizons.horizon_days as judged_days
    from {{ ref('fct_monthly_conversions') }} as conversions
    inner join {{ ref('int_stage_pairs') }} as next_pairs
        on conversions.pipeline_code = next_pairs.pipeline_code
        and conversions.from_stage_code = next_pairs.from_stage_code
        and conversions.to_stage_code = next_pairs.to_stage_code
    inner join pairs
        on next_pairs.pipeline_code = pairs.pipeline_code
        and next_pairs.from_stage_code = pairs.from_stage_code
        and next_pairs.to_stage_order = pairs.to_stage_order
    inner join {{ ref('int_wait_horizons') }} as horizons
        on conversions.pipeline_code = horizons.pipeline_code
        and conversions.from_stage_code = horizons.stage_code
        and conversions.segment_code = horizons.segment_code
        and conversions.horizon_days = horizons.horizon_days
    where conversions.channel_code = 'all'
        and conversions.is_mature and not conversions.is_left_truncated

),

ranked as (

    select
        conversions.*,
        totals.entered_count as total_entered_count,
        totals.converted_count as total_converted_count,
        row_number() over (
            partition by
                conversions.pipeline_code, conversions.segment_code,
                conversions.from_stage_code
            order by conversions.cohort_month desc
        ) as recency
    from conversions
    inner join {{ ref('fct_monthly_conversions') }} as totals
        on conversions.cohort_month = totals.cohort_month
        and conversions.pipeline_code = totals.pipeline_code
        and totals.segment_code = 'all'
        and conversions.channel_code = totals.channel_code
        and conversions.from_stage_code = totals.from_stage_code
        and conversions.to_stage_code = totals.to_stage_code
        and conversions.horizon_days = totals.horizon_days

),

pooled as (

    select
        pipeline_code, segment_code, from_stage_code as stage_code,
        max(to_stage_code) as to_stage_code,
        max(horizon_days) as horizon_days,
        sum(case when recency <= 3 then entered_count end) as entered_count,
        sum(case when recency <= 3 then cast(converted_count as double) end)
        / sum(case when recency <= 3 then entered_count end) as conversion_rate,
        sum(case when recency between 4 and 15 then cast(converted_count as double) end)
        / sum(case when recency between 4 and 15 then entered_count end)
            as earlier_rate,
        case
            when segment_code <> 'all'
                then
                    sum(
                        case
                            when recency <= 3
                                then cast(total_converted_count as double)
                        end
                    ) / sum(case when recency <= 3 then total_entered_count end)
        end as all_segments_rate,
        max(case when recency <= 3 then benchmark_rate end) as benchmark_rate
    from ranked
    group by pipeline_code, segment_code, from_stage_code

),

drops as (

    select
        *,
        earlier_rate - conversion_rate as earlier_drop,
        all_segments_rate - conversion_rate as all_segments_drop,
        benchmark_rate - conversion_rate as benchmark_drop,
        greatest(earlier_rate, all_segments_rate, benchmark_rate) - conversion_rate
            as worst_drop
    from pooled

)

select * from drops
