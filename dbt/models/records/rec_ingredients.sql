-- What is new or gone of what a generation is a function of.
with ingredients as (

    select * from {{ source('lake', 'ingredients') }}
    where kind_code <> 'generation'

),

last_ingredients as (

    select * from {{ ref('int_last_ingredients') }}

),

added as (

    select * from ingredients
    except
    select * from last_ingredients

),

taken as (

    select last_ingredients.*
    from last_ingredients
    left join ingredients
        on last_ingredients.kind_code = ingredients.kind_code
        and last_ingredients.ingredient_name = ingredients.ingredient_name
        and last_ingredients.fingerprint = ingredients.fingerprint
    where ingredients.kind_code is null

),

differing as (

    select *, true as is_held from added
    union all
    select *, false as is_held from taken

),

recorded as (

    select builds.generation, differing.*
    from differing
    cross join {{ ref('rec_builds') }} as builds

)

select * from recorded
