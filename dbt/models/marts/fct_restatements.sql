with builds as (

    select generation from {{ ref('int_recorded_builds') }}

),

told as (

    select earlier.*
    from {{ source('lake', 'rec_restatements') }} as earlier
    inner join builds on earlier.generation = builds.generation

),

united as (

    select
        generation, as_of, table_name, figure_key, column_name, reason_code,
        first_value, value, delta, journeys_affected_count, first_published_as_of
    from told
    union all
    select
        generation, as_of, table_name, figure_key, column_name, reason_code,
        first_value, value, delta, journeys_affected_count, first_published_as_of
    from {{ ref('rec_restatements') }}

),

restatements as (

    select
        -- keys
        generation,
        table_name,
        figure_key,
        column_name,

        -- codes
        reason_code,

        -- numbers
        first_value,
        value,
        delta,
        journeys_affected_count,

        -- dates
        first_published_as_of,
        as_of

    from united

)

select * from restatements
