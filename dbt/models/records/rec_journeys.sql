-- Journeys with news, as they are published, or gone.
with moved as (

    select * from {{ ref('int_moved_journeys') }}

),

recorded as (

    select
        builds.generation,
        moved.journey_id,
        moved.is_gone,
        states.* {{ exclude() }} (journey_id)  -- noqa: RF02
    from moved
    left join {{ ref('int_journey_states') }} as states
        on moved.journey_id = states.journey_id
    cross join {{ ref('rec_builds') }} as builds

)

select * from recorded
