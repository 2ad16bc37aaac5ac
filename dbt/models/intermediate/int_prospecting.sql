-- Who came first, the customer or the seller: of all that they did up to the landmark,
-- the entry being an act of whoever its stage names. At one instant the customer did.
with journeys as (

    select
        journeys.journey_id,
        journeys.entry_pipeline_code,
        journeys.entry_stage_code,
        journeys.entered_at,
        segments.landmark_at
    from {{ touched(ref('int_journeys')) }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where journeys.entered_at is not null

),

acts as (

    select
        journeys.journey_id,
        events.actor_code,
        events.occurred_at
    from journeys
    inner join {{ touched(ref('int_journey_events')) }} as events
        on journeys.journey_id = events.journey_id
        and journeys.landmark_at >= events.occurred_at
    where events.is_dated
    union all
    select
        journeys.journey_id,
        stages.actor_code,
        journeys.entered_at as occurred_at
    from journeys
    inner join {{ ref('int_stages_at_as_of') }} as stages
        on journeys.entry_pipeline_code = stages.pipeline_code
        and journeys.entry_stage_code = stages.stage_code

),

prospecting as (

    select
        journey_id,
        case min_by(actor_code, (occurred_at, actor_code))
            when 'customer' then 'warm'
            else 'cold'
        end as prospecting_code
    from acts
    where actor_code is not null
    group by journey_id

)

select * from prospecting
