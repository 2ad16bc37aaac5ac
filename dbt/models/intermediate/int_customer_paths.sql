-- Each journey of a customer with what came before it: what was bought by then, and how
-- the journey before it stood at that time.
with journeys as (

    select
        *,
        row_number() over in_order as journey_number,
        lag(journey_id) over in_order as previous_journey_id,
        lag(entered_at) over in_order as previous_entered_at,
        lag(outcome_code) over in_order as previous_outcome_code,
        lag(outcome_at) over in_order as previous_outcome_at
    from {{ ref('int_customer_journeys') }}
    where entered_at is not null
    window in_order as (partition by customer_id order by entered_at, journey_id)

),

moments as (

    select
        customer_id, journey_id,
        entered_at as moment_at,
        0 as purchased
    from journeys
    union all
    select
        customer_id, cast(null as {{ dbt.type_string() }}) as journey_id,
        purchased_at as moment_at,
        1 as purchased
    from {{ ref('int_purchases') }}

),

-- a purchase of the very moment of the entry is not one before it
followed as (

    select
        journey_id,
        cast(sum(purchased) over so_far as bigint) as purchases_before_count,
        max(case when purchased = 1 then moment_at end) over so_far
            as last_purchased_at
    from moments
    window so_far as (
        partition by customer_id order by moment_at, purchased
        rows between unbounded preceding and current row
    )

),

products as (

    select customer_id, product_code, min(purchased_at) as first_purchased_at
    from {{ ref('int_purchases') }}
    group by customer_id, product_code

),

preceded as (

    select
        journeys.*,
        followed.purchases_before_count,
        followed.last_purchased_at,
        coalesce(products.first_purchased_at < journeys.entered_at, false)
            as is_bought_before,
        coalesce(journeys.previous_outcome_at <= journeys.entered_at, false)
            as is_previous_ended
    from journeys
    inner join followed on journeys.journey_id = followed.journey_id
    left join products
        on journeys.customer_id = products.customer_id
        and journeys.product_code = products.product_code

),

paths as (

    select
        * {{ exclude() }} (previous_outcome_code, previous_outcome_at),
        case
            when journey_number = 1 then null
            when is_previous_ended then previous_outcome_code
            else 'open'
        end as previous_outcome_code,
        case when is_previous_ended then previous_outcome_at end
            as previous_outcome_at,
        case
            when purchases_before_count > 0 then 'repeat'
            when journey_number = 1 then 'first'
            when is_previous_ended and previous_outcome_code = 'lost' then 'win_back'
            else 'parallel'
        end as relation_code,
        purchases_before_count > 0
        and product_code <> 'unknown'
        and not is_bought_before as is_cross_sell
    from preceded

)

select * from paths
