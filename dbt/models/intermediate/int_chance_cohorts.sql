with cohorts as (

    select
        cells.cohort_number,
        landmarks.end_code,
        landmarks.followed_for,
        landmarks.watched_after
    from {{ ref('int_chance_landmarks') }} as landmarks
    inner join {{ ref('int_chance_cells') }} as cells
        on landmarks.forecast_at = cells.forecast_at
        and landmarks.pipeline_code = cells.pipeline_code
        and landmarks.stage_code = cells.stage_code
        and landmarks.segment_code = cells.segment_code
        and landmarks.patience_count = cells.patience_count

)

select * from cohorts
