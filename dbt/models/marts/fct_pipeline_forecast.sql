with forecasts as (

    select * from {{ ref('int_pipeline_forecasts') }}

),

dates as (

    select distinct forecast_at, forecast_date, is_as_of
    from {{ ref('int_forecast_dates') }}

),

forecast as (

    select
        -- keys
        dates.forecast_date,
        forecasts.pipeline_code,
        forecasts.stage_code,
        forecasts.segment_code,
        forecasts.close_code,
        forecasts.expected_close_month,

        -- codes
        case when forecasts.backfilled_count > 0 then 'changed_at' else 'known_at' end
            as knowledge_basis,

        -- numbers
        cast(forecasts.open_count as bigint) as open_count,
        cast(forecasts.unvalued_count as bigint) as unvalued_count,
        cast(forecasts.unstated_count as bigint) as unstated_count,
        cast(forecasts.unmeasured_count as bigint) as unmeasured_count,
        cast(forecasts.limbo_count as bigint) as limbo_count,
        cast(forecasts.slipping_count as bigint) as slipping_count,
        cast(forecasts.overdue_count as bigint) as overdue_count,
        forecasts.open_amount,
        forecasts.limbo_amount,
        forecasts.stated_wins,
        forecasts.stated_amount,
        forecasts.measured_wins,
        case
            when forecasts.shared_count > 0
                then
                    greatest(
                        forecasts.measured_wins
                        - 1.959963984540054e0 * forecasts.wins_error,
                        0
                    )
        end as measured_wins_low,
        case
            when forecasts.shared_count > 0
                then
                    least(
                        forecasts.measured_wins
                        + 1.959963984540054e0 * forecasts.wins_error,
                        forecasts.shared_count
                    )
        end as measured_wins_high,
        forecasts.measured_amount,
        case
            when forecasts.measured_amount is not null
                then
                    greatest(
                        forecasts.measured_amount
                        - 1.959963984540054e0 * forecasts.amount_error,
                        forecasts.negative_amount
                    )
        end as measured_amount_low,
        case
            when forecasts.measured_amount is not null
                then
                    least(
                        forecasts.measured_amount
                        + 1.959963984540054e0 * forecasts.amount_error,
                        forecasts.shared_amount - forecasts.negative_amount
                    )
        end as measured_amount_high,

        -- flags
        dates.is_as_of

    from forecasts
    inner join dates on forecasts.forecast_at = dates.forecast_at

)

select * from forecast
