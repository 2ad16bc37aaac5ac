-- Generations published before the one that is being built; a publication that is
-- told again must not be compared with itself.
with recorded as (

    select generation, as_of from {{ source('lake', 'rec_builds') }}

),

built as (

    select ingredient_name as generation from {{ source('lake', 'ingredients') }}
    where kind_code = 'generation'

),

earlier as (

    select
        recorded.generation,
        recorded.as_of,
        -- a day ends at 23:59:59 (DECISIONS): what is known then is known of it all
        {{ plus_seconds('recorded.as_of', 1) }} as told_until,
        row_number() over (order by recorded.generation desc) as recency
    from recorded
    inner join built on recorded.generation < built.generation

)

select * from earlier
