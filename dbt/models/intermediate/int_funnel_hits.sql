-- Of an ordered funnel without exclusions only what may lead past the first step: of
-- a month's entries with one next second step the last, where that lies inside the
-- window; what is tied with a later step; and later steps of units that keep a first.
-- Units are told apart by a number that two might share: then more is kept, not less.
with later as (

    select
        {{ hit_columns() }},
        unit_number
    from {{ ref('int_funnel_matches') }}
    where unit_id is not null and is_pruned and step_order > 1

),

second_steps as (

    select distinct unit_number, occurred_at from later
    where step_order = 2

),

units as (

    select distinct unit_number from second_steps

),

began as (

    select
        {{ hit_columns('matches') }},
        matches.unit_number,
        matches.window_seconds
    from {{ ref('int_funnel_matches') }} as matches
    inner join units on matches.unit_number = units.unit_number
    where matches.unit_id is not null and matches.is_pruned and matches.step_order = 1

),

first_steps as (

    select
        funnel_code, unit_id, part_key, unit_number, occurred_at, is_entry,
        window_seconds
    from began

),

led as (

    {{ next_seconds('first_steps', 'second_steps') }}

),

instants as (

    select unit_number, max(entered_at) as occurred_at
    from led
    group by
        unit_number, funnel_code, unit_id, part_key, led_to_at,
        {{ reporting_month('entered_at') }}
    union
    select unit_number, occurred_at from later

),

kept as (

    select
        {{ hit_columns('began') }},
        began.unit_number
    from began
    inner join instants
        on began.unit_number = instants.unit_number
        and began.occurred_at = instants.occurred_at

),

kept_units as (

    select distinct unit_number from kept

),

hits as (

    select {{ hit_columns() }}
    from {{ ref('int_funnel_matches') }}
    where unit_id is not null and not is_pruned
    union all
    select {{ hit_columns() }}
    from kept
    union all
    select {{ hit_columns('later') }}
    from later
    inner join kept_units on later.unit_number = kept_units.unit_number

)

select * from hits
