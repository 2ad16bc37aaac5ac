-- What came of each past forecast, by as-of; the stated and the measured are two.
with forecasts as (

    select
        forecasts.*,
        ends.outcome_code
    from {{ ref('int_forecasts') }} as forecasts
    inner join {{ ref('int_journey_ends') }} as ends
        on forecasts.journey_id = ends.journey_id
    where not forecasts.is_as_of

),

told as (

    select
        forecast_month, is_as_known, journey_id, pipeline_code, outcome_code,
        'stated' as probability_code,
        stated_probability as probability
    from forecasts
    where stated_probability is not null
    union all
    select
        forecast_month, is_as_known, journey_id, pipeline_code, outcome_code,
        'measured' as probability_code,
        measured_probability as probability
    from forecasts
    where measured_probability is not null

),

outcomes as (

    select
        *,
        cast(
            cast(least(floor(probability * 10), 9) * 10 as integer)
            as {{ dbt.type_string() }}
        ) as band_code,
        case outcome_code when 'won' then 1e0 when 'lost' then 0e0 end as outcome
    from told

)

select * from outcomes
