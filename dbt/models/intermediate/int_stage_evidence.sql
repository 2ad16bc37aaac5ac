-- A proof is read up to a landmark behind the first touch of its stage: who bought in
-- the meantime would prove everything.
with reaches as (

    select * from {{ touched(ref('int_stage_reaches')) }}

),

segments as (

    select * from {{ ref('int_journey_segments') }}

),

proving as (

    select * from {{ ref('int_proving_events') }}

),

provable as (

    select distinct pipeline_code, stage_code from proving

),

proofs as (

    select
        events.journey_id,
        proving.pipeline_code,
        proving.stage_code,
        min(events.occurred_at) as proven_at
    from {{ touched(ref('int_journey_events')) }} as events
    inner join proving on events.event_code = proving.event_code
    where events.is_dated
        and events.actor_code = 'customer'
        and events.journey_id is not null
    group by events.journey_id, proving.pipeline_code, proving.stage_code

),

met as (

    select
        reaches.journey_id,
        reaches.pipeline_code,
        reaches.stage_code,
        reaches.first_touch_number is not null as is_touched,
        reaches.first_reach_number is not null as is_reached,
        provable.stage_code is not null as is_provable,
        touches.changed_at as touched_at,
        {{ plus_seconds(
            'touches.changed_at', 'segments.landmark_days * 86400'
        ) }} as landmark_at,
        proofs.proven_at
    from reaches
    inner join segments on reaches.journey_id = segments.journey_id
    left join {{ touched(ref('int_transitions')) }} as touches
        on reaches.journey_id = touches.journey_id
        and reaches.first_touch_number = touches.step_number
    left join provable
        on reaches.pipeline_code = provable.pipeline_code
        and reaches.stage_code = provable.stage_code
    left join proofs
        on reaches.journey_id = proofs.journey_id
        and reaches.pipeline_code = proofs.pipeline_code
        and reaches.stage_code = proofs.stage_code

),

evidence as (

    select
        journey_id,
        pipeline_code,
        stage_code,
        case
            when not is_touched and proven_at is not null then 'unmoved'
            when not is_touched then 'skipped'
            when not is_provable then 'unprovable'
            when proven_at is null then 'seller_only'
            when proven_at > landmark_at then 'proven_later'
            else 'proven'
        end as evidence_code,
        is_touched,
        touched_at,
        landmark_at,
        proven_at
    from met
    where is_reached or proven_at is not null

)

select * from evidence
