-- The transitions of journeys with news.
with moved as (

    select * from {{ ref('int_moved_journeys') }}

),

recorded as (

    select builds.generation, published.*
    from {{ ref('int_journey_transitions') }} as published
    inner join moved on published.journey_id = moved.journey_id
    cross join {{ ref('rec_builds') }} as builds

)

select * from recorded
