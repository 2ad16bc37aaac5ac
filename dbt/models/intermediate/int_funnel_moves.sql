-- Each journey replayed per stage funnel: hits of its steps, losses and departures.
with funnels as (

    select * from {{ ref('funnels') }}
    where kind_code = 'stage'

),

steps as (

    select * from {{ ref('funnel_steps') }}
    where match_kind = 'stage'

),

journeys as (

    select
        journeys.journey_id,
        segments.segment_code,
        journeys.channel_code,
        journeys.observed_until,
        journeys.entered_at
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

transitions as (

    select * from {{ ref('int_transitions') }}

),

placed as (

    select
        funnels.funnel_code,
        transitions.journey_id,
        coalesce(funnels.pipeline_code, 'all') as pipeline_code,
        journeys.segment_code,
        journeys.channel_code,
        journeys.observed_until,
        journeys.entered_at,
        transitions.step_number as move_number,
        transitions.changed_at as moved_at,
        coalesce(funnels.pipeline_code, 'all') in ('all', transitions.pipeline_code)
            as is_inside,
        transitions.is_lost,
        transitions.is_won,
        steps.step_order
    from funnels
    inner join journeys
        on coalesce(funnels.segment_code, 'all') in ('all', journeys.segment_code)
    inner join transitions on journeys.journey_id = transitions.journey_id
    left join steps
        on funnels.funnel_code = steps.funnel_code
        and coalesce(funnels.pipeline_code, 'all') in ('all', transitions.pipeline_code)
        and transitions.stage_code = steps.match_code
        and not transitions.is_lost

),

entered as (

    select
        *,
        min(case when is_inside then move_number end) over (
            partition by funnel_code, journey_id
        ) as entry_number
    from placed

),

moves as (

    select
        *,
        case
            when not is_inside then 'transferred'
            when is_lost then 'lost'
            when step_order is not null then 'hit'
        end as move_kind
    from entered
    where move_number >= entry_number

)

select * from moves
