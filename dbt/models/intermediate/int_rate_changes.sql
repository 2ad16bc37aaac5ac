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
        cohorts.is_mature
        and previous.is_mature
        and least(
            cohorts.converted_count, cohorts.entered_count - cohorts.converted_count,
            previous.converted_count, previous.entered_count - previous.converted_count
        ) >= 5 as is_testable,
        cast(cohorts.converted_count + previous.converted_count as double)
        / (cohorts.entered_count + previous.entered_count) as pooled_rate,
        1.0 / cohorts.entered_count + 1.0 / previous.entered_count as inverse_counts
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
            when is_testable
                then (rate - previous_rate)
                    / sqrt(pooled_rate * (1 - pooled_rate) * inverse_counts)
        end as z_score
    from beside

),

tested as (

    select
        *,
        case when z_score is not null then {{ normal_two_sided_tail('z_score') }} end
            as p_value
    from scored

),

ranked as (

    select
        *,
        count(p_value) over (
            partition by cohort_month, horizon_days, is_total
        ) as comparisons_count,
        row_number() over (
            partition by cohort_month, horizon_days, is_total
            order by
                p_value nulls last, pipeline_code, segment_code, channel_code,
                from_stage_code, to_stage_code
        ) as p_rank
    from tested

),

adjusted as (

    select
        *,
        case
            when p_value is not null
                then
                    min(least(p_value * comparisons_count / p_rank, 1.0)) over (
                        partition by
                            cohort_month, horizon_days, is_total, p_value is null
                        order by p_rank desc
                        rows between unbounded preceding and current row
                    )
        end as q_value
    from ranked

)

select * from adjusted
