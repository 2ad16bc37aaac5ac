-- Each journey's stage changes as a stage funnel sees them.
with funnels as (

    select
        funnel_code,
        coalesce(pipeline_code, 'all') as pipeline_code,
        coalesce(segment_code, 'all') as segment_code
    from {{ ref('funnels') }}
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
        journeys.source_code,
        journeys.entered_at
    from {{ touched(ref('int_journeys')) }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    where not journeys.is_deleted and not journeys.is_duplicate

),

placed as (

    select
        funnels.funnel_code,
        funnels.pipeline_code,
        journeys.*,
        transitions.step_number,
        transitions.changed_at as moved_at,
        funnels.pipeline_code in ('all', transitions.pipeline_code) as is_inside,
        transitions.is_lost,
        transitions.is_won,
        transitions.stage_code
    from funnels
    inner join journeys on funnels.segment_code in ('all', journeys.segment_code)
    inner join {{ touched(ref('int_transitions')) }} as transitions
        on journeys.journey_id = transitions.journey_id

),

ordered as (

    select
        placed.funnel_code,
        placed.pipeline_code,
        placed.journey_id,
        placed.segment_code,
        placed.channel_code,
        placed.source_code,
        placed.entered_at,
        placed.step_number,
        placed.moved_at,
        placed.is_inside,
        placed.is_lost,
        placed.is_won,
        steps.step_order
    from placed
    left join steps
        on placed.funnel_code = steps.funnel_code
        and case when placed.is_inside and not placed.is_lost then placed.stage_code end
        = steps.match_code

),

moves as (

    select
        *,
        case
            when not is_inside then 'transferred'
            when is_lost then 'lost'
            when step_order is not null then 'hit'
        end as move_kind
    from ordered

)

select * from moves
