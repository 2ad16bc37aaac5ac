-- Each order as last known, at the rate of its day. Where no currency is named, home is
-- meant.
with versions as (

    {{ union_sources('orders') }}

),

ranked as (

    select
        source_code,
        order_id,
        contact_id,
        deal_id,
        product,
        amount,
        coalesce(currency_code, {{ home_currency() }}) as currency_code,
        ordered_at,
        row_number() over (
            partition by source_code, order_id
            order by known_at desc, source_file desc, source_row desc
        ) as recency
    from versions
    where order_id is not null

),

orders as (

    select
        ranked.source_code,
        ranked.order_id,
        ranked.contact_id,
        ranked.deal_id,
        ranked.product,
        ranked.ordered_at,
        ranked.amount * rates.home_rate as home_amount
    from ranked
    left join {{ ref('int_rates') }} as rates
        on ranked.currency_code = rates.currency_code
        and rates.held_from <= {{ reporting_date('ranked.ordered_at') }}
        and rates.held_to > {{ reporting_date('ranked.ordered_at') }}
    where ranked.recency = 1

)

select * from orders
