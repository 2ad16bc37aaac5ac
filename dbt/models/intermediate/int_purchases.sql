-- A journey that stands won is a purchase, and so is an order; the order of a deal that
-- was won is the same purchase told twice. What bears no time has no place in a row of
-- purchases.
with journeys as (

    select * from {{ ref('int_customer_journeys') }}

),

ordered as (

    select
        orders.*,
        records.journey_id
    from {{ ref('int_orders') }} as orders
    left join {{ ref('int_journey_records') }} as records
        on orders.source_code = records.source_code
        and orders.deal_id = records.record_id
        and records.record_kind = 'deal'

),

united as (

    select
        journeys.customer_id,
        journeys.customer_kind_code,
        journeys.journey_id as purchase_id,
        'journey' as purchase_kind_code,
        journeys.journey_id,
        journeys.pipeline_code,
        journeys.product_code,
        amounts.home_amount,
        journeys.outcome_at as purchased_at,
        sources.observed_until
    from journeys
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    inner join {{ ref('int_home_amounts') }} as amounts
        on journeys.journey_id = amounts.journey_id
    where journeys.outcome_code = 'won' and journeys.outcome_at is not null
    union all
    select
        coalesce(persons.person_id, journeys.customer_id) as customer_id,
        case
            when persons.person_id is null then journeys.customer_kind_code
            else 'person'
        end as customer_kind_code,
        {{ hash_of(['ordered.source_code', "'order'", 'ordered.order_id']) }}
            as purchase_id,
        'order' as purchase_kind_code,
        ordered.journey_id,
        coalesce(journeys.pipeline_code, 'unknown') as pipeline_code,
        coalesce(ordered.product, 'unknown') as product_code,
        ordered.home_amount,
        ordered.ordered_at as purchased_at,
        sources.observed_until
    from ordered
    inner join {{ ref('int_sources') }} as sources
        on ordered.source_code = sources.source_code
        and ordered.ordered_at <= sources.observed_until
    left join {{ ref('int_persons') }} as persons
        on ordered.source_code = persons.source_code
        and ordered.contact_id = persons.contact_id
    left join journeys on ordered.journey_id = journeys.journey_id
    where coalesce(persons.person_id, journeys.customer_id) is not null
        and coalesce(journeys.outcome_code, 'open') <> 'won'

),

purchases as (

    select
        *,
        row_number() over (
            partition by customer_id order by purchased_at, purchase_id
        ) as purchase_number
    from united

)

select * from purchases
