with arms as (

    select
        *,
        cast(horizon_days as bigint) * 86400 * 1000000 as horizon_microseconds
    from {{ ref('int_experiment_arms') }}

),

clocks as (

    select
        *,
        {{ microseconds('observed_until') }}
        - {{ microseconds('origin_at') }} as watched_for,
        watched_after is not null as is_left_truncated
    from {{ ref('int_conversion_clocks') }}

),

members as (

    select
        arms.*,
        clocks.journey_id,
        clocks.end_code,
        clocks.followed_for,
        clocks.watched_for,
        clocks.observed_until,
        clocks.is_left_truncated
    from arms
    inner join clocks
        on arms.pipeline_code = clocks.pipeline_code
        and arms.from_stage_code = clocks.from_stage_code
        and arms.to_stage_code = clocks.to_stage_code
        and arms.started_on <= {{ reporting_date('clocks.origin_at') }}
        and arms.ended_on > {{ reporting_date('clocks.origin_at') }}
        and (
            (arms.segment_code = 'all' and clocks.is_in_totals)
            or (arms.segment_code = clocks.segment_code and clocks.is_in_segment)
        )

),

counts as (

    select
        experiment_code,
        comparison_code,
        is_treated,
        {{ followed_counts() }},
        min(observed_until) as watched_until
    from members
    group by experiment_code, comparison_code, is_treated

),

counted as (

    select
        arms.experiment_code,
        arms.comparison_code,
        arms.is_treated,
        arms.horizon_days,
        arms.expected_difference,
        arms.started_on,
        arms.ended_on,
        coalesce(counts.journeys_count, 0) as journeys_count,
        coalesce(counts.watched_count, 0) as watched_count,
        coalesce(counts.converted_count, 0) as converted_count,
        counts.watched_until
    from arms
    left join counts
        on arms.experiment_code = counts.experiment_code
        and arms.comparison_code = counts.comparison_code
        and arms.is_treated = counts.is_treated

)

select * from counted
