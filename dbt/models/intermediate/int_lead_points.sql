-- Which rules of the score a journey meets, by what was known of it up to its landmark.
with rules as (

    select * from {{ ref('scoring_rules') }}
    where kind_code in ('fit', 'behaviour')

),

met as (

    {{ rules_met(
        ref('int_journey_segments'), 'rules', landmark_days='journeys.landmark_days'
    ) }}

),

points as (

    select
        journey_id,
        rule_code,
        kind_code,
        points
    from met

)

select * from points
