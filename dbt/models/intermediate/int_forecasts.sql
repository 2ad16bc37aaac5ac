-- Each open journey's chance: of its stage, segment and age; where too few outcomes
-- tell of them, whatever its age; else whatever its segment too.
with journeys as (

    select * from {{ ref('int_forecast_journeys') }}

),

chances as (

    select * from {{ ref('int_chances') }}

),

forecasts as (

    select
        journeys.forecast_at,
        journeys.forecast_month,
        journeys.is_as_of,
        journeys.is_as_known,
        journeys.journey_id,
        journeys.pipeline_code,
        journeys.stage_code,
        journeys.segment_code,
        journeys.patience_count,
        values_then.owner_id,
        values_then.home_amount,
        values_then.stated_probability,
        values_then.expected_close_at,
        values_then.slips_count,
        coalesce(aged.cohort_number, segmented.cohort_number, staged.cohort_number)
            as cohort_number,
        coalesce(aged.chance, segmented.chance, staged.chance) as measured_probability,
        coalesce(aged.variance, segmented.variance, staged.variance) as variance
    from journeys
    inner join {{ ref('int_forecast_values') }} as values_then
        on journeys.forecast_at = values_then.forecast_at
        and journeys.journey_id = values_then.journey_id
    left join chances as aged
        on journeys.forecast_at = aged.forecast_at
        and journeys.pipeline_code = aged.pipeline_code
        and journeys.stage_code = aged.stage_code
        and journeys.segment_code = aged.segment_code
        and journeys.patience_count = aged.patience_count
    left join chances as segmented
        on journeys.forecast_at = segmented.forecast_at
        and journeys.pipeline_code = segmented.pipeline_code
        and journeys.stage_code = segmented.stage_code
        and journeys.segment_code = segmented.segment_code
        and segmented.patience_count = 0
    left join chances as staged
        on journeys.forecast_at = staged.forecast_at
        and journeys.pipeline_code = staged.pipeline_code
        and journeys.stage_code = staged.stage_code
        and staged.segment_code = 'all'

)

select * from forecasts
