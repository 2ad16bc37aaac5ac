with estimated as (

    select
        cohorts.*,
        case
            when cohorts.at_risk_count = 0 and coalesce(incidence.survival, 1) > 0
                then null
            else coalesce(incidence.incidence, 0)
        end as cumulative_incidence,
        sqrt(greatest(incidence.variance, 0)) as standard_error
    from {{ ref('int_rate_changes') }} as cohorts
    left join {{ ref('int_cohort_incidence') }} as incidence
        on cohorts.cohort_number = incidence.cohort_number
        and cohorts.horizon_days = incidence.horizon_days

),

spread as (

    select
        *,
        case
            when cumulative_incidence > 1e-12 and cumulative_incidence < 1 - 1e-12
                then 1.96
                    * standard_error
                    / (cumulative_incidence * ln(cumulative_incidence))
        end as log_spread
    from estimated

),

conversions as (

    select
        -- keys
        spread.cohort_month,
        spread.pipeline_code,
        spread.segment_code,
        spread.channel_code,
        spread.from_stage_code,
        spread.to_stage_code,
        cast(spread.horizon_days as integer) as horizon_days,

        -- numbers
        spread.entered_count,
        spread.converted_count,
        spread.lost_count,
        spread.transferred_count,
        spread.entered_count
        - spread.converted_count
        - spread.lost_count
        - spread.transferred_count as open_count,
        spread.at_risk_count,
        spread.rate as conversion_rate,
        greatest(
            0, {{ wilson_bound('spread.converted_count', 'spread.entered_count', '-') }}
        ) as conversion_rate_low,
        least(
            1, {{ wilson_bound('spread.converted_count', 'spread.entered_count', '+') }}
        ) as conversion_rate_high,
        spread.cumulative_incidence,
        power(spread.cumulative_incidence, exp(-spread.log_spread))
            as cumulative_incidence_low,
        power(spread.cumulative_incidence, exp(spread.log_spread))
            as cumulative_incidence_high,

        -- judgement
        spread.is_mature,
        spread.is_left_truncated,
        spread.previous_rate as previous_month_rate,
        spread.rate - spread.previous_rate as rate_change,
        spread.p_value as change_p_value,
        spread.q_value as change_q_value,
        spread.comparisons_count,
        spread.q_value < 0.05 as is_change_significant,
        targets.target_value as target_rate,
        benchmarks.rate as benchmark_rate

    from spread
    left join {{ ref('int_rate_targets') }} as targets
        on spread.cohort_month = targets.cohort_month
        and spread.pipeline_code = targets.pipeline_code
        and spread.from_stage_code = targets.from_stage_code
        and spread.to_stage_code = targets.to_stage_code
        and spread.horizon_days = targets.horizon_days
        and spread.segment_code = targets.segment_code
        and spread.channel_code = targets.channel_code
    left join {{ ref('benchmarks') }} as benchmarks
        on spread.pipeline_code = benchmarks.pipeline_code
        and spread.from_stage_code = benchmarks.from_stage_code
        and spread.to_stage_code = benchmarks.to_stage_code
        and spread.horizon_days = benchmarks.horizon_days

)

select * from conversions
