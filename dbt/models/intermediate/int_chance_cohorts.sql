with cohorts as (

    select
        places.cohort_number,
        landmarks.end_code,
        landmarks.followed_for,
        landmarks.watched_after
    from {{ ref('int_chance_landmarks') }} as landmarks
    inner join {{ ref('int_chance_places') }} as places
        on landmarks.forecast_at = places.forecast_at
        and landmarks.pipeline_code = places.pipeline_code
        and landmarks.stage_code = places.stage_code
        and landmarks.segment_code = places.segment_code
        and landmarks.patience_count = places.patience_count

)

select * from cohorts
