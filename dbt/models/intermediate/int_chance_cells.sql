with cells as (

    select
        forecast_at,
        pipeline_code,
        stage_code,
        segment_code,
        patience_count,
        count(*) as members_count,
        count(case when end_code <> 'open' then 1 end) as outcomes_count
    from {{ ref('int_chance_landmarks') }}
    group by forecast_at, pipeline_code, stage_code, segment_code, patience_count

),

numbered as (

    select
        *,
        row_number() over (
            order by
                forecast_at, pipeline_code, stage_code, segment_code, patience_count
        ) as cohort_number
    from cells

)

select * from numbered
