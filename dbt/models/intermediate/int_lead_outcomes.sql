-- How soon each lead was qualified and won, as the shortest horizon that holds it.
-- Clocks start at the landmark up to which touches are read; what lay before it is told
-- apart, since later touches cannot have brought it about.
with leads as (

    select
        journeys.journey_id,
        {{ reporting_month('journeys.entered_at') }} as cohort_month,
        coalesce(prospecting.prospecting_code, 'unknown') as prospecting_code,
        segments.segment_code = 'ended_before_landmark' as is_ended_early,
        coalesce(milestones.is_qualifiable, false) as is_qualifiable,
        milestones.won_at,
        touches.touches_count,
        {{ microseconds('milestones.qualified_at') }}
        - {{ microseconds('segments.landmark_at') }} as qualified_after,
        {{ microseconds('milestones.won_at') }}
        - {{ microseconds('segments.landmark_at') }} as won_after,
        {{ plus_seconds('sources.observed_until', '-segments.landmark_days * 86400') }}
            as watched_until,
        coalesce(journeys.history_from > journeys.entered_at, false)
            as is_left_truncated
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    left join {{ ref('int_lead_milestones') }} as milestones
        on journeys.journey_id = milestones.journey_id
    left join {{ ref('int_prospecting') }} as prospecting
        on journeys.journey_id = prospecting.journey_id
    left join {{ ref('int_qualification_touches') }} as touches
        on journeys.journey_id = touches.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate
        and journeys.entered_at is not null

),

held as (

    select
        leads.journey_id,
        min(
            case
                when horizons.horizon_microseconds >= leads.qualified_after
                    then horizons.horizon_days
            end
        ) as qualified_within_days,
        min(
            case
                when horizons.horizon_microseconds >= leads.won_after
                    then horizons.horizon_days
            end
        ) as won_within_days
    from leads
    cross join {{ ref('int_horizons') }} as horizons
    group by leads.journey_id

),

outcomes as (

    select
        leads.journey_id,
        leads.cohort_month,
        leads.prospecting_code,
        leads.is_qualifiable,
        leads.is_ended_early,
        coalesce(leads.qualified_after < 0, false) as is_qualified_early,
        coalesce(leads.won_after < 0, false) as is_won_early,
        leads.is_left_truncated,
        held.qualified_within_days,
        held.won_within_days,
        leads.touches_count,
        valuations.home_amount,
        leads.won_at,
        leads.watched_until
    from leads
    inner join held on leads.journey_id = held.journey_id
    left join {{ ref('int_valuations') }} as valuations
        on leads.journey_id = valuations.journey_id
        and {{ reporting_date('leads.won_at') }} = valuations.valued_date

)

select * from outcomes
