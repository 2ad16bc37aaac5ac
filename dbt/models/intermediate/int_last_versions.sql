-- The generation that last had news of a journey: its record holds all of it.
with builds as (

    select * from {{ ref('int_recorded_builds') }}

),

recorded as (

    select
        journeys.journey_id,
        journeys.generation,
        journeys.is_gone,
        row_number() over (
            partition by journeys.journey_id order by journeys.generation desc
        ) as recency
    from {{ source('lake', 'rec_journeys') }} as journeys
    inner join builds on journeys.generation = builds.generation

),

versions as (

    select journey_id, generation from recorded
    where recency = 1 and not is_gone

)

select * from versions
