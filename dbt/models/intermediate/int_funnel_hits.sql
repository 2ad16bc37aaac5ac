-- Of a pruned funnel what may lead past the first step: of a month's entries with one
-- next second step the last, if in the window; ties with a second step; later steps.
with later as (

    select {{ hit_columns() }}, is_pruned, window_seconds
    from {{ ref('int_funnel_matches') }}
    where unit_number is not null and (step_mask > 1 or not is_pruned)

),

second_steps as (

    select unit_number, occurred_at, min(window_seconds) as window_seconds
    from later
    where is_pruned and step_mask & 2 = 2
    group by unit_number, occurred_at

),

second_months as (

    select
        unit_number, {{ reporting_month('occurred_at') }} as second_month,
        max(occurred_at) as last_second_at
    from second_steps
    group by unit_number, {{ reporting_month('occurred_at') }}

),

first_steps as (

    select {{ hit_columns('matches') }}
    from {{ ref('int_funnel_matches') }} as matches
    inner join second_months as months
        on matches.unit_number = months.unit_number
        and {{ reporting_month('matches.occurred_at') }} = months.second_month
        and matches.occurred_at <= months.last_second_at
    where matches.is_pruned and matches.step_mask & 1 = 1

),

-- a month's last entries, where no second step of the month is behind them
lasts as (

    select
        entries.funnel_code, entries.unit_number, 'event' as match_kind, 1 as step_mask,
        0 as from_step, 0 as to_step, entries.last_entered_at as occurred_at,
        true as is_entry, entries.slice_number
    from {{ ref('int_funnel_entries') }} as entries
    left join second_months as months
        on entries.unit_number = months.unit_number
        and entries.entry_month = months.second_month
        and entries.last_entered_at <= months.last_second_at
    where months.unit_number is null
        and entries.unit_number in (select second_steps.unit_number from second_steps)

),

candidates as (

    {{ last_before('second_steps', '(select * from first_steps where is_entry)') }}
    union
    select unit_number, occurred_at from lasts

),

instants as (

    {{ followed_in_window('candidates', 'second_steps') }}
    union
    select unit_number, occurred_at from second_steps

),

kept as (

    select {{ hit_columns('begun') }}
    from (
        select * from first_steps
        union all
        select * from lasts
    ) as begun
    inner join instants on {{ is_same_instant('begun', 'instants') }}

),

hits as (

    select {{ hit_columns() }}
    from kept
    where step_mask = 1
    union all
    select {{ hit_columns() }}
    from later
    where not is_pruned or unit_number in (select kept.unit_number from kept)

)

select * from hits
