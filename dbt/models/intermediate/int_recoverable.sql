-- Dropped journeys, and open ones that are silent past the patience of their stage. Who
-- has come back since on another journey is no longer to be won back on this one, nor
-- is who was lost and has bought since.
with silences as (

    select * from {{ ref('int_watched_silences') }}
    where ended_at is null

),

journeys as (

    select
        *,
        max(entered_at) over (
            partition by coalesce(person_id, journey_id)
        ) as last_entered_at
    from {{ ref('int_journeys') }}
    where not is_deleted and not is_duplicate

),

purchases as (

    select customer_id as person_id, max(purchased_at) as last_purchased_at
    from {{ ref('int_purchases') }}
    where customer_kind_code = 'person'
    group by customer_id

),

aged as (

    select
        silences.journey_id,
        journeys.person_id,
        silences.pipeline_code,
        silences.stage_code,
        case when silences.is_lost then 'dropped' else 'silent' end as reason_code,
        journeys.loss_reason_code,
        silences.is_lost,
        silences.began_at as silent_since,
        {{ seconds_between('silences.began_at', 'silences.observed_until') }}
            as silent_seconds
    from silences
    inner join journeys on silences.journey_id = journeys.journey_id
    left join purchases on journeys.person_id = purchases.person_id
    where (
        silences.is_lost
        or {{ microseconds('silences.observed_until') }}
        - {{ microseconds('silences.began_at') }}
        > silences.stale_after_seconds * 1000000
    )
    and coalesce(journeys.last_entered_at <= silences.began_at, true)
    and (
        not silences.is_lost
        or coalesce(purchases.last_purchased_at <= silences.began_at, true)
    )

),

placed as (

    select
        aged.journey_id,
        max(ages.silent_days) as silent_days
    from aged
    inner join {{ ref('int_silence_ages') }} as ages
        on aged.silent_seconds >= ages.silent_days * 86400
    group by aged.journey_id

),

recoverable as (

    select
        aged.*,
        placed.silent_days
    from aged
    inner join placed on aged.journey_id = placed.journey_id

)

select * from recoverable
