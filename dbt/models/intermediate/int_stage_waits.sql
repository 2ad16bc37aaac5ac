-- Each stay at an open stage: how long it was watched, and whether it led on.
with stays as (

    select
        stays.*,
        {{ microseconds('sources.observed_until') }}
        - {{ microseconds('stays.began_at') }} as watched_for,
        {{ microseconds('stays.ended_at') }}
        - {{ microseconds('stays.began_at') }} as stayed_for,
        {{ microseconds('journeys.history_from') }}
        - {{ microseconds('stays.began_at') }} as watched_after
    from {{ ref('int_stays') }} as stays
    inner join {{ ref('int_journeys') }} as journeys
        on stays.journey_id = journeys.journey_id
    inner join {{ ref('int_sources') }} as sources
        on stays.source_code = sources.source_code
    where not stays.is_won and not stays.is_lost and not stays.is_unmapped
        and not stays.is_deleted

),

ended as (

    select
        pipeline_code,
        stage_code,
        segment_code,
        case
            when stayed_for is null or stayed_for > watched_for then 'open'
            when next_is_lost then 'lost'
            when next_direction_code in ('forward', 'skip', 'won') then 'converted'
            else 'elsewhere'
        end as end_code,
        least(stayed_for, watched_for) as followed_for,
        case when watched_after > 0 then watched_after end as watched_after,
        stale_after_seconds * 1000000 as patience
    from stays

),

waits as (

    select
        *,
        end_code = 'open' and coalesce(followed_for > patience, false) as is_stale
    from ended
    where followed_for >= 0

)

select * from waits
