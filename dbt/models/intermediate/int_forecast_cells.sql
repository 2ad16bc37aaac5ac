-- Open journeys that share a chance, in each of the sixteen totals: what is uncertain
-- in the chance itself is so for all of them at once.
with forecasts as (

    select
        *,
        case when expected_close_at is null then 'unknown' else 'month' end
            as close_code,
        {{ reporting_month('expected_close_at') }} as expected_close_month,
        measured_probability is not null as is_measured
    from {{ ref('int_forecasts') }}

),

summed as (

    select
        forecast_at,
        pipeline_code,
        stage_code,
        segment_code,
        close_code,
        expected_close_month,
        cohort_number,
        max(variance) as variance,
        max(case when is_as_known then 0 else 1 end) as backfilled_count,
        count(*) as open_count,
        count(case when home_amount is null then 1 end) as unvalued_count,
        count(case when stated_probability is null then 1 end) as unstated_count,
        count(case when not is_measured then 1 end) as unmeasured_count,
        count(case when patience_count > 0 then 1 end) as limbo_count,
        count(case when slips_count >= 2 then 1 end) as slipping_count,
        count(case when expected_close_at < forecast_at then 1 end) as overdue_count,
        sum(home_amount) as open_amount,
        sum(case when patience_count > 0 then home_amount end) as limbo_amount,
        sum(stated_probability) as stated_wins,
        sum(home_amount * stated_probability) as stated_amount,
        sum(measured_probability) as measured_wins,
        sum(home_amount * measured_probability) as measured_amount,
        sum(measured_probability * (1 - measured_probability)) as wins_variance,
        sum(
            power(home_amount, 2) * measured_probability * (1 - measured_probability)
        ) as amount_variance,
        sum(case when is_measured then home_amount end) as shared_amount,
        sum(case when is_measured and home_amount < 0 then home_amount else 0 end)
            as negative_amount,
        count(case when is_measured then 1 end) as shared_count
    from forecasts
    group by
        forecast_at, pipeline_code, stage_code, segment_code,
        close_code, expected_close_month, cohort_number

),

totals as (

    select chosen.is_total
    from (values (0), (1)) as chosen (is_total)

),

cells as (

    select
        summed.* {{ exclude() }} (
            pipeline_code, stage_code, segment_code,
            close_code, expected_close_month  -- noqa: RF02
        ),
        case when pipelines.is_total = 1 then 'all' else summed.pipeline_code end
            as pipeline_code,
        case when stages.is_total = 1 then 'all' else summed.stage_code end
            as stage_code,
        case when segments.is_total = 1 then 'all' else summed.segment_code end
            as segment_code,
        case when closes.is_total = 1 then 'all' else summed.close_code end
            as close_code,
        case when closes.is_total = 0 then summed.expected_close_month end
            as expected_close_month
    from summed
    cross join totals as pipelines
    cross join totals as stages
    cross join totals as segments
    cross join totals as closes

)

select * from cells
