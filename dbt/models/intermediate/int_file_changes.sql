-- Files of the last published generation that are not admitted any more, or whole.
-- A name that has other content by now was corrected, unless a person has taken its
-- content back.
with ingredients as (

    select * from {{ source('lake', 'ingredients') }}
    where kind_code = 'file'

),

last_files as (

    select * from {{ ref('int_last_ingredients') }}
    where kind_code = 'file'

),

names as (

    select distinct ingredient_name from ingredients

),

withdrawn as (

    select distinct file_name, file_sha256
    from {{ ref('int_withdrawn_files') }}

),

changes as (

    select
        last_files.ingredient_name as source_file,
        count(names.ingredient_name) = 0 or count(withdrawn.file_name) > 0
            as is_withdrawn,
        count(
            case when ingredients.rows_count < last_files.rows_count then 1 end
        ) > 0 as is_erased
    from last_files
    left join names on last_files.ingredient_name = names.ingredient_name
    left join ingredients
        on last_files.ingredient_name = ingredients.ingredient_name
        and last_files.fingerprint = ingredients.fingerprint
    left join withdrawn
        on last_files.ingredient_name = withdrawn.file_name
        and last_files.fingerprint = withdrawn.file_sha256
    group by last_files.ingredient_name

)

select * from changes
