with products as (

    select distinct
        coalesce(product, 'unknown') as product_code,
        coalesce(product, 'None given') as product_name
    from {{ ref('int_journeys') }}

)

select * from products
