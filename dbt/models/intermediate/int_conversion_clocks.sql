-- In a segment whose features are read up to a landmark the clock starts there: who had
-- come to an end before could not have been told apart. Totals have no landmark.
with visits as (

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
        landmark_at is null as is_in_segment
    from {{ ref('int_conversion_members') }}

),

late as (

    select
        *,
        {{ microseconds('landmark_at') }} - {{ microseconds('origin_at') }} as lead_time
    from {{ ref('int_conversion_members') }}
    where landmark_at is not null

),

landmarks as (

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
    from late
    where followed_for >= lead_time

),

clocks as (

    select * from visits
    union all
    select * from landmarks

)

select * from clocks
