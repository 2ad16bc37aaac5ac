-- As segments ask; and the entry itself, up to which all others are read.
with landmarks as (

    select coalesce(landmark_days, 0) as landmark_days
    from {{ ref('segments') }}
    union
    select 0 as landmark_days

),

journeys as (

    select
        journeys.*,
        coalesce(journeys.person_id, journeys.journey_id) as person_key,
        landmarks.landmark_days,
        {{ plus_seconds('journeys.entered_at', 'landmarks.landmark_days * 86400') }}
            as landmark_at
    from {{ ref('int_journeys') }} as journeys
    cross join landmarks

)

select * from journeys
