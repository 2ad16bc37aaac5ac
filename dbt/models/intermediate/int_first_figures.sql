-- Each figure as first published, and as it stood in the last generation.
with builds as (

    select * from {{ ref('int_recorded_builds') }}

),

told as (

    select
        figures.table_name, figures.figure_key, figures.column_name,
        figures.month, figures.horizon_days,
        builds.as_of as first_published_as_of,
        figures.first_value,
        cast(0 as double) as delta
    from {{ source('lake', 'rec_figures') }} as figures
    inner join builds on figures.generation = builds.generation
    union all
    select
        moves.table_name, moves.figure_key, moves.column_name,
        moves.month, moves.horizon_days,
        moves.first_published_as_of,
        moves.first_value,
        moves.delta
    from {{ source('lake', 'rec_restatements') }} as moves
    inner join builds on moves.generation = builds.generation

),

figures as (

    select
        table_name,
        figure_key,
        column_name,
        max(month) as month,
        max(horizon_days) as horizon_days,
        max(first_published_as_of) as first_published_as_of,
        max(first_value) as first_value,
        max(first_value) + sum(delta) as last_value
    from told
    group by table_name, figure_key, column_name

)

select * from figures
