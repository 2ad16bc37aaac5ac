-- A published figure that moved for no known reason was moved by a fault.
with restatements as (

    select * from {{ ref('int_restatements') }}
    where reason_code = 'unexplained'

),

figures as (

    select
        table_name,
        column_name,
        count(*) as figures_count
    from {{ ref('int_first_figures') }}
    group by table_name, column_name

),

counted as (

    select
        table_name,
        column_name,
        count(distinct figure_key) as unexplained_count,
        min(figure_key) as example_figure_key,
        min_by(delta, figure_key) as example_delta
    from restatements
    group by table_name, column_name

),

judged as (

    select
        coalesce(figures.table_name, counted.table_name) as table_name,
        coalesce(figures.column_name, counted.column_name) as column_name,
        coalesce(figures.figures_count, 0) as figures_count,
        coalesce(counted.unexplained_count, 0) as unexplained_count,
        counted.example_figure_key,
        counted.example_delta
    from figures
    full outer join counted
        on figures.table_name = counted.table_name
        and figures.column_name = counted.column_name

)

select * from judged
