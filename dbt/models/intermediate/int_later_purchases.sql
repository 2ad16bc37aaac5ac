-- What a customer bought behind the first purchase, within each horizon of it.
with firsts as (

    select * from {{ ref('int_purchases') }}
    where purchase_number = 1

),

later as (

    select
        firsts.customer_id,
        horizons.horizon_days,
        purchases.home_amount
    from firsts
    cross join {{ ref('int_horizons') }} as horizons
    inner join {{ ref('int_purchases') }} as purchases
        on firsts.customer_id = purchases.customer_id
        and purchases.purchase_number > 1
    where {{ microseconds('purchases.purchased_at') }}
        - {{ microseconds('firsts.purchased_at') }}
        <= horizons.horizon_microseconds

),

summed as (

    select
        customer_id,
        horizon_days,
        count(*) as later_count,
        count(*) - count(home_amount) as unvalued_count,
        sum(home_amount) as later_amount
    from later
    group by customer_id, horizon_days

)

select * from summed
