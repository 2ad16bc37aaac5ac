-- A customer is a person; where nobody knows the person, the company that the deal
-- names. Whose journey nobody can tell is nobody's, and can be neither first nor next.
with journeys as (

    select * from {{ ref('int_journeys') }}
    where not is_deleted and not is_duplicate

),

customers as (

    select
        journey_id,
        coalesce(
            person_id, {{ hash_of(['source_code', "'account'", 'account_id']) }}
        ) as customer_id,
        case when person_id is null then 'account' else 'person' end
            as customer_kind_code,
        person_id,
        source_code,
        coalesce(pipeline_code, 'unknown') as pipeline_code,
        coalesce(product, 'unknown') as product_code,
        outcome_code,
        entered_at,
        outcome_at
    from journeys
    where person_id is not null or account_id is not null

)

select * from customers
