-- Written last of all that a publication records: with it the record is whole.
with ingredients as (

    select * from {{ source('lake', 'ingredients') }}
    where kind_code = 'generation'

),

builds as (

    select
        ingredients.ingredient_name as generation,
        runs.as_of
    from ingredients
    cross join {{ source('lake', 'runs') }} as runs

)

select * from builds
