with scores as (

    select * from {{ ref('int_lead_scores') }}

),

lead_scores as (

    select
        -- keys
        journey_id,

        -- codes
        pipeline_code,
        segment_code,
        level_code,
        met_rules,

        -- numbers
        score,
        fit_points,
        behaviour_points,
        points_from,

        -- dates
        landmark_at as scored_at,

        -- flags
        is_final

    from scores

)

select * from lead_scores
