with outcomes as (

    select * from {{ ref('int_forecast_outcomes') }}

),

totals as (

    select
        chosen.is_all_pipelines,
        chosen.is_all_bands
    from (
        values (0, 0), (0, 1), (1, 0), (1, 1)
    ) as chosen (is_all_pipelines, is_all_bands)

),

counted as (

    select
        outcomes.forecast_month,
        outcomes.probability_code,
        case when totals.is_all_pipelines = 1 then 'all' else outcomes.pipeline_code end
            as pipeline_code,
        case when totals.is_all_bands = 1 then 'all' else outcomes.band_code end
            as band_code,
        max(case when outcomes.is_as_known then 0 else 1 end) as backfilled_count,
        count(*) as forecasts_count,
        cast(sum(outcomes.outcome) as bigint) as won_count,
        count(outcomes.outcome) as decided_count,
        avg(case when outcomes.outcome is not null then outcomes.probability end)
            as mean_probability,
        avg(outcomes.outcome) as observed_rate,
        avg(power(outcomes.probability - outcomes.outcome, 2)) as brier_score
    from outcomes
    cross join totals
    group by
        outcomes.forecast_month, outcomes.probability_code,
        case
            when totals.is_all_pipelines = 1 then 'all'
            else outcomes.pipeline_code
        end,
        case when totals.is_all_bands = 1 then 'all' else outcomes.band_code end

),

calibration as (

    select
        -- keys
        forecast_month,
        probability_code,
        pipeline_code,
        band_code,

        -- codes
        case when backfilled_count > 0 then 'changed_at' else 'known_at' end
            as knowledge_basis,

        -- numbers
        cast(forecasts_count as bigint) as forecasts_count,
        coalesce(won_count, 0) as won_count,
        cast(decided_count - coalesce(won_count, 0) as bigint) as lost_count,
        cast(forecasts_count - decided_count as bigint) as open_count,
        mean_probability,
        observed_rate,
        case
            when decided_count > 0
                then {{ wilson_bound('won_count', 'decided_count', '-') }}
        end as observed_rate_low,
        case
            when decided_count > 0
                then {{ wilson_bound('won_count', 'decided_count', '+') }}
        end as observed_rate_high,
        brier_score,

        -- flags
        forecasts_count = decided_count as is_mature

    from counted

)

select * from calibration
