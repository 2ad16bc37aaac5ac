-- What a customer looked at: read up to the landmark of the journey's segment, as its
-- features are, so that what was looked at after the purchase does not foretell it.
with journeys as (

    select
        journeys.journey_id,
        coalesce(journeys.person_id, journeys.journey_id) as person_key,
        segments.landmark_at
    from {{ touched(ref('int_journeys')) }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

seen as (

    select
        journeys.journey_id,
        events.event_kind,
        events.source_code,
        events.event_id,
        events.product,
        events.occurred_at
    from journeys
    inner join {{ ref('int_journey_events') }} as events
        on journeys.person_key = coalesce(events.person_id, events.journey_id)
        and journeys.landmark_at >= events.occurred_at
        and events.actor_code = 'customer'
        and events.is_dated

),

viewed as (

    select
        seen.journey_id,
        {{ page_of('events.page_url') }} as page,
        {{ place_of(['seen.occurred_at', 'seen.event_id']) }} as place
    from seen
    inner join {{ ref('int_web_events') }} as events
        on seen.source_code = events.source_code
        and seen.event_id = events.event_id
        and seen.event_kind = events.event_kind
    where events.page_url is not null

),

ends as (

    select
        journey_id,
        min_by(page, place) as entry_page,
        max_by(page, place) as exit_page
    from viewed
    where page is not null
    group by journey_id

),

counted as (

    select
        journey_id,
        product,
        row_number() over (
            partition by journey_id
            order by count(*) desc, min(occurred_at), product
        ) as interest_number
    from seen
    where product is not null
    group by journey_id, product

),

pages as (

    select
        journeys.journey_id,
        ends.entry_page,
        ends.exit_page,
        counted.product as interest
    from journeys
    left join ends on journeys.journey_id = ends.journey_id
    left join counted
        on journeys.journey_id = counted.journey_id
        and counted.interest_number = 1

)

select * from pages
