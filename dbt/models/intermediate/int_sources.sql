with sources as (

    select * from {{ source('lake', 'sources') }}

),

runs as (

    select as_of from {{ source('lake', 'runs') }}

),

compared as (

    select source_code, min(known_at) as first_extract_at
    from {{ ref('int_deal_versions') }}
    where not has_recorded_history
    group by source_code

),

watched as (

    select
        sources.source_code,
        coalesce(sources.history_from, compared.first_extract_at) as history_from,
        sources.data_through,
        least(runs.as_of, coalesce(sources.data_through, runs.as_of)) as observed_until
    from sources
    cross join runs
    left join compared on sources.source_code = compared.source_code

)

select * from watched
