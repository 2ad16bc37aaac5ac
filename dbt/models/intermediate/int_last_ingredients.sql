-- What the last published generation was a function of.
with builds as (

    select * from {{ ref('int_recorded_builds') }}

),

recorded as (

    select
        ingredients.*,
        row_number() over (
            partition by
                ingredients.kind_code, ingredients.ingredient_name,
                ingredients.fingerprint
            order by ingredients.generation desc
        ) as recency
    from {{ source('lake', 'rec_ingredients') }} as ingredients
    inner join builds on ingredients.generation = builds.generation

),

held as (

    select kind_code, ingredient_name, fingerprint, rows_count
    from recorded
    where recency = 1 and is_held

)

select * from held
