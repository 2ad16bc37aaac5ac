-- Closed figures as last published, and as this build has them.
with known as (

    select * from {{ ref('int_first_figures') }}

),

figures as (

    select * from {{ ref('int_closed_figures') }}

),

held as (

    select
        known.*,
        coalesce(figures.value, 0) as value
    from known
    left join figures
        on known.figure_key = figures.figure_key
        and known.table_name = figures.table_name
        and known.column_name = figures.column_name
    union all
    -- of a month that was closed, what was not there was published as nothing
    select
        figures.table_name,
        figures.figure_key,
        figures.column_name,
        figures.month,
        figures.horizon_days,
        months.first_published_as_of,
        0 as first_value,
        0 as last_value,
        figures.value
    from figures
    inner join {{ ref('int_closed_months') }} as months
        on figures.month = months.month
        and months.first_published_as_of is not null
    left join known
        on figures.figure_key = known.figure_key
        and figures.table_name = known.table_name
        and figures.column_name = known.column_name
    where figures.horizon_days is null and known.figure_key is null

)

select * from held
