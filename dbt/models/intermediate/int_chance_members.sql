-- Each first visit to an open stage, and whether it was followed by a win or a loss, as
-- far as that was known when a forecast is or was made.
with ended as (

    select * from {{ ref('int_chance_facts') }}
    where fact_code = 'ended'

),

stays as (

    select * from {{ ref('int_chance_facts') }}
    where fact_code = 'left'

),

visits as (

    select
        visited.*,
        ended.end_code as last_end_code,
        ended.known_at as end_known_at,
        ended.counts_after as ended_after,
        stays.counts_after as stayed_for
    from {{ ref('int_chance_facts') }} as visited
    left join ended
        on visited.journey_id = ended.journey_id
        and visited.pipeline_code = ended.pipeline_code
        and visited.stage_code = ended.stage_code
    left join stays
        on visited.journey_id = stays.journey_id
        and visited.pipeline_code = stays.pipeline_code
        and visited.stage_code = stays.stage_code
    where visited.fact_code = 'visited'

),

known as (

    select
        visits.*,
        dates.forecast_at,
        {{ microseconds('dates.observed_until') }}
        - {{ microseconds('visits.origin_at') }} as known_for,
        {{ microseconds('dates.watched_until') }}
        - {{ microseconds('visits.origin_at') }} as watched_for,
        not dates.is_as_known
        or coalesce(visits.end_known_at <= dates.forecast_at, true) as is_end_known
    from visits
    inner join {{ ref('int_forecast_dates') }} as dates
        on visits.source_code = dates.source_code
        and visits.origin_at <= dates.observed_until
    where not dates.is_as_known
        or coalesce(visits.known_at <= dates.forecast_at, true)

),

followed as (

    select
        *,
        case when is_end_known then least(ended_after, watched_for) else known_for end
            as followed_for
    from known

),

members as (

    select
        forecast_at,
        journey_id,
        pipeline_code,
        stage_code,
        segment_code,
        case
            when is_end_known and ended_after <= watched_for then last_end_code
            else 'open'
        end as end_code,
        followed_for,
        watched_after,
        -- who was there when last seen may have stayed longer
        case when stayed_for < followed_for then stayed_for end as stayed_for,
        patience,
        landmark_after
    from followed

)

select * from members
