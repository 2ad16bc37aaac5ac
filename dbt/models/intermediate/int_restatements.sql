-- What this build moves of figures published before; what no reason explains is told.
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

),

attributed as (

    select held.*, moves.reason_code, moves.delta, moves.journeys_count
    from held
    inner join {{ ref('int_attributed_moves') }} as moves
        on held.figure_key = moves.figure_key
        and held.table_name = moves.table_name
        and held.column_name = moves.column_name

),

explained as (

    select table_name, figure_key, column_name, sum(delta) as delta
    from attributed
    group by table_name, figure_key, column_name

),

unexplained as (

    select
        held.*,
        -- what was open is carried into months that an earlier as-of has not reached
        case
            when run_changes.is_looking_back
                and held.column_name in ('open_at_start_count', 'open_at_end_count')
                then 'withdrawal'
            else 'unexplained'
        end as reason_code,
        held.value - held.last_value - coalesce(explained.delta, 0) as delta,
        0 as journeys_count
    from held
    left join explained
        on held.figure_key = explained.figure_key
        and held.table_name = explained.table_name
        and held.column_name = explained.column_name
    cross join {{ ref('int_run_changes') }} as run_changes

),

united as (

    select * from attributed
    where abs(delta) > 1e-9
    union all
    select * from unexplained
    where abs(delta) > 1e-7 * (1 + abs(value))

),

restatements as (

    select
        table_name, figure_key, column_name, month, horizon_days,
        first_published_as_of, first_value, value, reason_code,
        sum(delta) as delta,
        sum(journeys_count) as journeys_count
    from united
    group by
        table_name, figure_key, column_name, month, horizon_days,
        first_published_as_of, first_value, value, reason_code

)

select * from restatements
