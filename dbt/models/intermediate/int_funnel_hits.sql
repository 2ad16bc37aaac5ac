-- Of a pruned funnel what may lead past the first step: of a month's entries with one
-- next second step the last, if in the window; ties with a second step; later steps.
with later as (

    select {{ hit_columns('matches', 'ways') }}, ways.window_seconds, ways.is_pruned
    from {{ ref('int_funnel_matches') }} as matches
    inner join {{ ref('int_funnel_numbered_ways') }} as ways
        on matches.way_number = ways.way_number
    where matches.step_mask > 1 or not matches.is_pruned

),

second_steps as (

    select unit_number, occurred_at, min(window_seconds) as window_seconds
    from later
    where is_pruned and step_mask & 2 = 2
    group by unit_number, occurred_at

),

second_months as (

    select
        unit_number, {{ month_number('occurred_at') }} as second_month_number,
        min(window_seconds) as window_seconds, min(occurred_at) as first_second_at,
        max(occurred_at) as last_second_at
    from second_steps
    group by unit_number, {{ month_number('occurred_at') }}

),

first_steps as (

    select
        matches.way_number, matches.unit_number, matches.occurred_at,
        matches.step_mask, matches.is_entry, matches.slice_number
    from {{ ref('int_funnel_matches') }} as matches
    inner join second_months as months
        on matches.unit_number = months.unit_number
        and {{ month_number('matches.occurred_at') }} = months.second_month_number
        and matches.occurred_at <= months.last_second_at
    where matches.is_pruned and matches.step_mask & 1 = 1

),

-- a month's last entries, where the next second step is another month's first
lasts as (

    select distinct
        entries.way_number, entries.unit_number, entries.last_entered_at as occurred_at,
        1 as step_mask, true as is_entry, entries.slice_number
    from {{ ref('int_funnel_entries') }} as entries
    inner join second_months as followers
        on entries.unit_number = followers.unit_number
        and entries.last_entered_at < followers.first_second_at
    left join second_months as months
        on entries.unit_number = months.unit_number
        and {{ month_number('entries.last_entered_at') }} = months.second_month_number
        and entries.last_entered_at <= months.last_second_at
    where months.unit_number is null
        and followers.first_second_at
        <= {{ plus_seconds('entries.last_entered_at', 'followers.window_seconds') }}

),

instants as (

    {{ last_before('second_steps', '(select * from first_steps where is_entry)') }}
    union
    select unit_number, occurred_at from second_steps

),

kept as (

    select {{ hit_columns('begun', 'ways') }}
    from (
        select first_steps.*
        from first_steps
        inner join instants on {{ is_same_instant('first_steps', 'instants') }}
        union all
        select * from lasts
    ) as begun
    inner join {{ ref('int_funnel_numbered_ways') }} as ways
        on begun.way_number = ways.way_number

),

hits as (

    select * from kept
    where step_mask = 1
    union all
    select {{ hit_columns() }} from later
    where not is_pruned or unit_number in (select kept.unit_number from kept)

)

select * from hits
