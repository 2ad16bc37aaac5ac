-- Figures that are closed for the first time: what is published of them now.
with figures as (

    select * from {{ ref('int_closed_figures') }}
    where is_closing

),

known as (

    select table_name, figure_key, column_name from {{ ref('int_first_figures') }}

),

recorded as (

    select
        builds.generation,
        figures.table_name,
        figures.figure_key,
        figures.column_name,
        figures.month,
        figures.horizon_days,
        figures.value as first_value
    from figures
    left join known
        on figures.figure_key = known.figure_key
        and figures.table_name = known.table_name
        and figures.column_name = known.column_name
    cross join {{ ref('rec_builds') }} as builds
    where known.figure_key is null

)

select * from recorded
