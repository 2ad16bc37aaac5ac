-- Where a chance may be asked for; members of cohorts bear its number, not its codes. A
-- month's numbers stay as they are when another month is added.
with segments as (

    select distinct segment_code from {{ ref('int_journey_segments') }}
    union
    select 'all' as segment_code

),

dates as (

    select distinct
        forecast_at,
        forecast_month
    from {{ ref('int_forecast_dates') }}

),

patiences as (

    select chosen.patience_count
    from (values (0), (1), (2)) as chosen (patience_count)

),

numbered as (

    select
        stages.pipeline_code,
        stages.stage_code,
        segments.segment_code,
        patiences.patience_count,
        row_number() over (
            order by
                stages.pipeline_code, stages.stage_code,
                segments.segment_code, patiences.patience_count
        ) as place_number
    from {{ ref('int_stages_at_as_of') }} as stages
    cross join segments
    cross join patiences
    where not stages.is_won

),

places as (

    select
        dates.forecast_at,
        numbered.pipeline_code,
        numbered.stage_code,
        numbered.segment_code,
        numbered.patience_count,
        -- more than 32 bits hold, in which Spark counts years
        cast(year(dates.forecast_month) * 12 + month(dates.forecast_month) as bigint)
        * 1000000
        + numbered.place_number as cohort_number
    from dates
    cross join numbered

)

select * from places
