-- Where a chance may be asked for; members of cohorts bear its number, not its codes.
with segments as (

    select distinct segment_code from {{ ref('int_journey_segments') }}
    union
    select 'all' as segment_code

),

dates as (

    select distinct forecast_at from {{ ref('int_forecast_dates') }}

),

patiences as (

    select chosen.patience_count
    from (values (0), (1), (2)) as chosen (patience_count)

),

places as (

    select
        dates.forecast_at,
        stages.pipeline_code,
        stages.stage_code,
        segments.segment_code,
        patiences.patience_count,
        row_number() over (
            order by
                dates.forecast_at, stages.pipeline_code, stages.stage_code,
                segments.segment_code, patiences.patience_count
        ) as cohort_number
    from dates
    cross join {{ ref('int_stages_at_as_of') }} as stages
    cross join segments
    cross join patiences
    where not stages.is_won

)

select * from places
