-- Each cohort beside the month before it, and how likely chance alone moved it so.
with cohorts as (

    select
        *,
        cast(converted_count as double) / entered_count as rate,
        case
            when 'all' in (pipeline_code, segment_code, channel_code) then 1 else 0
        end as is_total
    from {{ ref('int_cohort_horizons') }}

),

beside as (

    select
        cohorts.*,
        previous.rate as previous_rate,
        previous.converted_count as previous_converted_count,
        previous.entered_count as previous_entered_count,
        cohorts.is_mature and previous.is_mature as is_pair_mature
    from cohorts
    left join cohorts as previous
        on cohorts.cohort_month = {{ next_month('previous.cohort_month') }}
        and cohorts.pipeline_code = previous.pipeline_code
        and cohorts.segment_code = previous.segment_code
        and cohorts.channel_code = previous.channel_code
        and cohorts.from_stage_code = previous.from_stage_code
        and cohorts.to_stage_code = previous.to_stage_code
        and cohorts.horizon_days = previous.horizon_days

),

scored as (

    select
        *,
        case
            when is_pair_mature
                then {{ pooled_z_score(
                    'converted_count', 'entered_count',
                    'previous_converted_count', 'previous_entered_count',
                ) }}
        end as z_score
    from beside

),

testable as (

    select cohort_number, cohort_month, horizon_days, is_total, z_score
    from scored
    where z_score is not null

),

tested as (

    {{ tested_among_others(
        'testable',
        among=['cohort_month', 'horizon_days', 'is_total'],
        in_order=['cohort_number'],
    ) }}

),

changes as (

    select
        scored.*,
        tested.p_value,
        tested.q_value,
        tested.comparisons_count
    from scored
    left join tested
        on scored.cohort_number = tested.cohort_number
        and scored.horizon_days = tested.horizon_days

)

select * from changes
