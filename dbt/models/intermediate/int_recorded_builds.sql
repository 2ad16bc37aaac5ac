-- Generations published before the one that is being built; a publication that is
-- told again must not be compared with itself.
with recorded as (

    select * from {{ source('lake', 'rec_builds') }}

),

built as (

    select generation from {{ ref('rec_builds') }}

),

earlier as (

    select
        recorded.generation,
        recorded.closed_before,
        recorded.as_of,
        {{ plus_seconds('recorded.as_of', 1) }} as told_until,
        row_number() over (order by recorded.generation desc) as recency
    from recorded
    inner join built on recorded.generation < built.generation

)

select * from earlier
