-- How many ingredients of a build came, went or changed since the last generation.
with ingredients as (

    select kind_code, ingredient_name, fingerprint
    from {{ source('lake', 'ingredients') }}

),

last_ingredients as (

    select kind_code, ingredient_name, fingerprint
    from {{ ref('int_last_ingredients') }}

),

differing as (

    select kind_code, ingredient_name
    from (
        select * from ingredients
        except
        select * from last_ingredients
    ) as added
    union
    select kind_code, ingredient_name
    from (
        select * from last_ingredients
        except
        select * from ingredients
    ) as taken

),

sources as (

    select ingredients.ingredient_name, 1 as sign from ingredients
    where ingredients.kind_code = 'source'
    union all
    select last_ingredients.ingredient_name, -1 as sign from last_ingredients
    where last_ingredients.kind_code = 'source'

),

unmatched as (

    select count(*) as sources_count
    from (
        select ingredient_name from sources
        group by ingredient_name
        having sum(sign) <> 0
    ) as unmatched_sources

),

counted as (

    select
        count(case when kind_code = 'seed' then 1 end) as seeds_count,
        count(
            case
                when kind_code = 'seed'
                    and ingredient_name in ('segments', 'segment_rules')
                    then 1
            end
        ) as segment_seeds_count,
        count(case when kind_code in ('code', 'setting') then 1 end) as models_count,
        count(case when kind_code = 'tombstones' then 1 end) as tombstones_count
    from differing

),

changes as (

    select
        counted.*,
        unmatched.sources_count
    from counted
    cross join unmatched

)

select * from changes
