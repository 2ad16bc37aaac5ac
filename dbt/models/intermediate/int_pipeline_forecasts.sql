-- Sums of cells that share a chance, then of all that one total holds: the variance is
-- that of each deal's own luck, and that of the chances that they share.
with shared as (

    select
        forecast_at,
        pipeline_code,
        stage_code,
        segment_code,
        close_code,
        expected_close_month,
        cohort_number,
        max(backfilled_count) as backfilled_count,
        {% for column in forecast_sums() %}
        sum({{ column }}) as {{ column }},
        {% endfor %}
        sum(wins_variance) + power(sum(shared_count), 2) * max(variance)
            as wins_variance,
        sum(amount_variance) + power(sum(shared_amount), 2) * max(variance)
            as amount_variance
    from {{ ref('int_forecast_cells') }}
    group by
        forecast_at, pipeline_code, stage_code, segment_code,
        close_code, expected_close_month, cohort_number

),

forecasts as (

    select
        forecast_at,
        pipeline_code,
        stage_code,
        segment_code,
        close_code,
        expected_close_month,
        max(backfilled_count) as backfilled_count,
        {% for column in forecast_sums() %}
        sum({{ column }}) as {{ column }},
        {% endfor %}
        sqrt(sum(wins_variance)) as wins_error,
        sqrt(sum(amount_variance)) as amount_error
    from shared
    group by
        forecast_at, pipeline_code, stage_code, segment_code,
        close_code, expected_close_month

)

select * from forecasts
