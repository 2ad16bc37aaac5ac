-- What this build moves of figures published before; what no reason explains is told.
with held as (

    select * from {{ ref('int_held_figures') }}

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
