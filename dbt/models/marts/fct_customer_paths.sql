with paths as (

    select * from {{ ref('int_customer_paths') }}

),

won_stages as (

    select
        *,
        min(stage_order) over (partition by pipeline_code) as first_won_order
    from {{ ref('int_stages_at_as_of') }}
    where is_won and not is_retired

),

served as (

    select reaches.journey_id, count(*) as post_sale_stages_count
    from {{ ref('int_stage_reaches') }} as reaches
    inner join won_stages
        on reaches.pipeline_code = won_stages.pipeline_code
        and reaches.stage_code = won_stages.stage_code
    where won_stages.stage_order > won_stages.first_won_order
        and reaches.first_touch_number is not null
    group by reaches.journey_id

),

customer_paths as (

    select
        -- keys
        paths.customer_id,
        paths.journey_id,
        paths.person_id,
        paths.previous_journey_id,

        -- codes
        paths.customer_kind_code,
        paths.pipeline_code,
        paths.product_code,
        paths.relation_code,
        paths.previous_outcome_code,
        paths.outcome_code,

        -- numbers
        cast(paths.journey_number as bigint) as journey_number,
        paths.purchases_before_count,
        cast(purchases.purchase_number as bigint) as purchase_number,
        coalesce(served.post_sale_stages_count, 0) as post_sale_stages_count,
        {{ seconds_between('paths.previous_entered_at', 'paths.entered_at') }}
            as seconds_since_previous,
        {{ seconds_between('paths.previous_outcome_at', 'paths.entered_at') }}
            as seconds_since_previous_outcome,
        {{ seconds_between('paths.last_purchased_at', 'paths.entered_at') }}
            as seconds_since_purchase,
        amounts.home_amount,

        -- dates
        paths.entered_at,
        paths.outcome_at,

        -- flags
        paths.is_cross_sell

    from paths
    inner join {{ ref('int_home_amounts') }} as amounts
        on paths.journey_id = amounts.journey_id
    left join {{ ref('int_purchases') }} as purchases
        on paths.journey_id = purchases.purchase_id
    left join served on paths.journey_id = served.journey_id

)

select * from customer_paths
