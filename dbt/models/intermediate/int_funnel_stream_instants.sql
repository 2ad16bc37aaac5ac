-- The instants at which a strict funnel's unit did anything in the funnel's streams,
-- the sources that speak of its steps.
with funnels as (

    select * from {{ ref('int_event_funnels') }}
    where mode_code = 'strict'

),

streams as (

    select distinct steps.funnel_code, aliases.source_code
    from {{ ref('funnel_steps') }} as steps
    inner join {{ ref('event_aliases') }} as aliases
        on steps.match_code = aliases.event_code
    where steps.match_kind = 'event'

),

instants as (

    select distinct
        funnels.funnel_code,
        {{ funnel_unit('funnels', 'events') }} as unit_id,
        {{ funnel_part('funnels', 'events') }} as part_key,
        events.occurred_at
    from funnels
    inner join streams on funnels.funnel_code = streams.funnel_code
    inner join {{ ref('int_journey_events') }} as events
        on streams.source_code = events.source_code
    where events.is_dated

),

units as (

    select
        {{ unit_number() }} as unit_number,
        occurred_at
    from instants
    where unit_id is not null

),

numbered as (

    select
        *,
        row_number() over (
            partition by unit_number order by occurred_at
        ) as instant_number
    from units

)

select * from numbered
