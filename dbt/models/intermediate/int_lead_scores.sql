with journeys as (

    select * from {{ ref('int_journeys') }}
    where not is_deleted and not is_duplicate and entered_at is not null

),

points as (

    select
        journey_id,
        sum(case when kind_code = 'fit' then points else 0 end) as fit_points,
        sum(case when kind_code = 'behaviour' then points else 0 end)
            as behaviour_points,
        {{ joined_in_order('rule_code', "', '", 'rule_code') }} as met_rules
    from {{ ref('int_lead_points') }}
    group by journey_id

),

summed as (

    select
        journeys.journey_id,
        coalesce(journeys.entry_pipeline_code, 'unknown') as pipeline_code,
        journeys.entry_stage_code,
        segments.segment_code,
        coalesce(points.fit_points, 0) as fit_points,
        coalesce(points.behaviour_points, 0) as behaviour_points,
        coalesce(points.fit_points, 0) + coalesce(points.behaviour_points, 0) as score,
        points.met_rules,
        levels.marketing_points,
        levels.sales_points,
        segments.landmark_at,
        coalesce(segments.landmark_at <= sources.observed_until, false) as is_final
    from journeys
    cross join {{ ref('int_lead_levels') }} as levels
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    left join points on journeys.journey_id = points.journey_id

),

scores as (

    select
        *,
        cast(floor(score / {{ band_points() }}) * {{ band_points() }} as double)
            as points_from,
        case
            when score >= sales_points then 'sales_qualified'
            when score >= marketing_points then 'marketing_qualified'
            else 'unqualified'
        end as level_code
    from summed

)

select * from scores
