-- Written last of all that a publication records: with it the record is whole.
with ingredients as (

    select * from {{ source('lake', 'ingredients') }}
    where kind_code = 'generation'

),

builds as (

    select
        ingredients.ingredient_name as generation,
        -- a day ends at 23:59:59 (DECISIONS): what is known then is known of it all
        {{ reporting_month(plus_seconds('runs.as_of', 1)) }} as closed_before,
        runs.as_of
    from ingredients
    cross join {{ source('lake', 'runs') }} as runs

)

select * from builds
