-- A journey with its owner and team: at the outcome where there is one, else at as-of.
with journeys as (

    select * from {{ ref('int_journeys') }}
    where not is_deleted and not is_duplicate

),

owned as (

    select
        journeys.journey_id,
        journeys.source_code,
        coalesce(journeys.pipeline_code, 'unknown') as pipeline_code,
        coalesce(amounts.owner_id, 'unknown') as owner_id,
        coalesce(owners.team_code, 'unknown') as team_code,
        journeys.outcome_code,
        amounts.home_amount,
        {{ seconds_between('journeys.entered_at', 'journeys.outcome_at') }}
            as seconds_to_outcome,
        journeys.entered_at,
        journeys.outcome_at
    from journeys
    inner join {{ ref('int_home_amounts') }} as amounts
        on journeys.journey_id = amounts.journey_id
    left join {{ ref('dim_owners') }} as owners
        on amounts.owner_id = owners.owner_id

)

select * from owned
