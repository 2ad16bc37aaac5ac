-- Which rules of the score a journey meets, by what was known of it up to its landmark.
with rules as (

    select
        *,
        {{ try_cast('value', 'double') }} as number,
        '|' || replace(value, ' | ', '|') || '|' as list_value
    from {{ ref('scoring_rules') }}
    where kind_code in ('fit', 'behaviour')

),

faced as (

    select
        segments.journey_id,
        rules.*,
        features.text_value,
        coalesce(
            features.number_value,
            case when rules.feature_code like '%!_count' escape '!' then 0 end
        ) as number_value
    from {{ ref('int_journey_segments') }} as segments
    cross join rules
    left join {{ ref('int_journey_features') }} as features
        on segments.journey_id = features.journey_id
        and segments.landmark_days = features.landmark_days
        and rules.feature_code = features.feature_code

),

tested as (

    select
        journey_id,
        rule_code,
        kind_code,
        points,
        {{ rule_is_met() }} as is_met
    from faced

),

points as (

    select
        journey_id,
        rule_code,
        kind_code,
        points
    from tested
    where is_met

)

select * from points
