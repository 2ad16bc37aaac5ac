-- In a segment whose features are read up to a landmark the clock starts there: who had
-- come to an end before could not have been told apart. Totals have no landmark.
with members as (

    select
        members.*,
        segments.landmark_days > 0 and segments.landmark_at > members.origin_at
            as is_late,
        segments.landmark_at,
        {{ microseconds('segments.landmark_at') }}
        - {{ microseconds('members.origin_at') }} as lead_time
    from {{ ref('int_conversion_members') }} as members
    inner join {{ ref('int_journey_segments') }} as segments
        on members.journey_id = segments.journey_id

),

clocks as (

    select
        journey_id,
        segment_code,
        channel_code,
        observed_until,
        pipeline_code,
        from_stage_code,
        to_stage_code,
        origin_at,
        cohort_month,
        end_code,
        followed_for,
        watched_after,
        true as is_in_totals,
        not is_late as is_in_segment
    from members
    union all
    select
        journey_id,
        segment_code,
        channel_code,
        observed_until,
        pipeline_code,
        from_stage_code,
        to_stage_code,
        landmark_at as origin_at,
        {{ reporting_month('landmark_at') }} as cohort_month,
        end_code,
        followed_for - lead_time as followed_for,
        case when watched_after > lead_time then watched_after - lead_time end
            as watched_after,
        false as is_in_totals,
        true as is_in_segment
    from members
    where is_late and followed_for >= lead_time

)

select * from clocks
