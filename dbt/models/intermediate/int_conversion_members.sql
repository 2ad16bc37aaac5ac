-- What came first after each first visit, as far as the journey was watched.
with watched as (

    select
        ends.*,
        sources.observed_until,
        {{ microseconds('sources.observed_until') }}
        - {{ microseconds('ends.origin_at') }} as watched_for
    from {{ ref('int_pair_ends') }} as ends
    inner join {{ ref('int_sources') }} as sources
        on ends.source_code = sources.source_code

),

members as (

    select
        journey_id,
        source_code,
        segment_code,
        channel_code,
        observed_until,
        pipeline_code,
        from_stage_code,
        to_stage_code,
        origin_at,
        cohort_month,
        landmark_at,
        case when ended_after <= watched_for then end_code else 'open' end as end_code,
        origin_known_at,
        end_known_at,
        least(ended_after, watched_for) as followed_for,
        watched_after
    from watched

)

select * from members
