with watched as (

    select
        source_code,
        cast({{ dbt.dateadd('month', -1, 'next_month') }} as date) as this_month,
        cast({{ dbt.dateadd('month', -2, 'next_month') }} as date) as last_month
    from (
        select
            sources.source_code,
            {{ reporting_month(
                plus_seconds('least(runs.as_of, sources.data_through)', 1)
            ) }} as next_month
        from {{ source('lake', 'sources') }} as sources
        cross join {{ source('lake', 'runs') }} as runs
    ) as ended

)

select * from watched
