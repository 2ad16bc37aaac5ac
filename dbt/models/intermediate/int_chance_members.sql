-- Each first visit to an open stage, and whether it was followed by a win or a loss, as
-- far as that was known when a forecast is or was made.
with members as (

    select * from {{ ref('int_sale_members') }}

),

stays as (

    select
        journey_id,
        pipeline_code,
        stage_code,
        stale_after_seconds,
        {{ microseconds('ended_at') }} - {{ microseconds('began_at') }} as stayed_for,
        row_number() over (
            partition by journey_id, pipeline_code, stage_code order by step_number
        ) as visit_number
    from {{ ref('int_stays') }}

),

known as (

    select
        members.*,
        dates.forecast_at,
        {{ microseconds('dates.observed_until') }}
        - {{ microseconds('members.origin_at') }} as known_for,
        not dates.is_as_known
        or coalesce(members.end_known_at <= dates.forecast_at, true) as is_end_known
    from members
    inner join {{ ref('int_forecast_dates') }} as dates
        on members.source_code = dates.source_code
        and members.origin_at <= dates.observed_until
    where not dates.is_as_known
        or coalesce(members.origin_known_at <= dates.forecast_at, true)

),

followed as (

    select
        known.forecast_at,
        known.journey_id,
        known.pipeline_code,
        known.from_stage_code as stage_code,
        known.segment_code,
        case
            when known.is_end_known and known.followed_for <= known.known_for
                then known.end_code
            else 'open'
        end as end_code,
        case
            when known.is_end_known then least(known.followed_for, known.known_for)
            else known.known_for
        end as followed_for,
        known.watched_after,
        stays.stayed_for,
        stays.stale_after_seconds * 1000000 as patience,
        case
            when segments.landmark_days > 0
                then
                    {{ microseconds('segments.landmark_at') }}
                    - {{ microseconds('known.origin_at') }}
        end as landmark_after
    from known
    inner join {{ ref('int_journey_segments') }} as segments
        on known.journey_id = segments.journey_id
    left join stays
        on known.journey_id = stays.journey_id
        and known.pipeline_code = stays.pipeline_code
        and known.from_stage_code = stays.stage_code
        and stays.visit_number = 1

)

select * from followed
