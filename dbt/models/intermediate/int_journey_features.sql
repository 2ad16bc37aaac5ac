with features as (

    select * from {{ ref('int_journey_traits') }}
    union all
    select * from {{ ref('int_action_features') }}

)

select * from features
