-- What leads to wins: first visits of stages, and what was done towards journeys until
-- they were won. Service after the sale wins none. An activity is known as far as both
-- it and its journey are.
with sources as (

    select source_code, observed_until from {{ ref('int_sources') }}

),

journeys as (

    select * from {{ ref('int_owned_journeys') }}

),

entries as (

    select
        clocks.journey_id,
        clocks.pipeline_code,
        'stage' as volume_kind,
        clocks.stage_code as volume_code,
        clocks.origin_at as occurred_at,
        case
            when clocks.end_code = 'converted'
                then
                    {{ plus_seconds(
                        'clocks.origin_at', 'clocks.followed_for / 1000000.0'
                    ) }}
        end as won_at,
        clocks.observed_until
    from {{ ref('int_won_clocks') }} as clocks

),

activities as (

    select
        events.journey_id,
        coalesce(journeys.pipeline_code, 'unknown') as pipeline_code,
        'activity' as volume_kind,
        events.event_code as volume_code,
        events.occurred_at,
        milestones.won_at,
        least(
            sources.observed_until,
            coalesce(of_journeys.observed_until, sources.observed_until)
        ) as observed_until
    from {{ ref('int_journey_events') }} as events
    inner join sources on events.source_code = sources.source_code
    left join journeys on events.journey_id = journeys.journey_id
    left join sources as of_journeys
        on journeys.source_code = of_journeys.source_code
    left join {{ ref('int_lead_milestones') }} as milestones
        on events.journey_id = milestones.journey_id
    where events.event_kind = 'activity' and events.is_dated
        and coalesce(events.occurred_at < milestones.won_at, true)

),

united as (

    select * from entries
    union all
    select * from activities

),

volumes as (

    select
        united.pipeline_code,
        united.volume_kind,
        united.volume_code,
        coalesce(journeys.owner_id, 'unknown') as owner_id,
        coalesce(journeys.team_code, 'unknown') as team_code,
        united.occurred_at,
        united.won_at,
        united.observed_until
    from united
    left join journeys on united.journey_id = journeys.journey_id

)

select * from volumes
