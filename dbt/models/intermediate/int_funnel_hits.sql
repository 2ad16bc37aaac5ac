-- Of an ordered funnel without exclusions only what may lead past the first step: of
-- a month's entries with one next second step the last, where that lies inside the
-- window; what is tied with a later step; and later steps of units that keep a first.
with matches as (

    select
        funnel_code, unit_id, part_key, match_kind, step_order, from_step, to_step,
        event_kind, source_code, event_id, occurred_at, is_entry,
        is_pruned, window_seconds
    from {{ ref('int_funnel_matches') }}

),

later as (

    select * from matches
    where is_pruned and step_order > 1

),

second_steps as (

    select distinct funnel_code, unit_id, part_key, occurred_at
    from later
    where step_order = 2

),

units as (

    select distinct funnel_code, unit_id, part_key from second_steps

),

first_steps as (

    select matches.*
    from matches
    inner join units
        on matches.funnel_code = units.funnel_code
        and matches.unit_id = units.unit_id
        and matches.part_key = units.part_key
    where matches.is_pruned and matches.step_order = 1

),

led as (

    {{ next_seconds('first_steps', 'second_steps') }}

),

instants as (

    select funnel_code, unit_id, part_key, max(entered_at) as occurred_at
    from led
    group by
        funnel_code, unit_id, part_key, led_to_at, {{ reporting_month('entered_at') }}
    union
    select funnel_code, unit_id, part_key, occurred_at from later

),

kept as (

    select first_steps.*
    from first_steps
    inner join instants
        on first_steps.funnel_code = instants.funnel_code
        and first_steps.unit_id = instants.unit_id
        and first_steps.part_key = instants.part_key
        and first_steps.occurred_at = instants.occurred_at

),

kept_units as (

    select distinct funnel_code, unit_id, part_key from kept

),

hits as (

    select * from matches
    where not is_pruned
    union all
    select * from kept
    union all
    select later.*
    from later
    inner join kept_units
        on later.funnel_code = kept_units.funnel_code
        and later.unit_id = kept_units.unit_id
        and later.part_key = kept_units.part_key

)

select * from hits
