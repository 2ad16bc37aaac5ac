with followed as (

    select * from {{ touched(ref('int_transitions')) }}

),

ordered as (

    select * from {{ touched(ref('int_ordered_stage_changes')) }}

),

journeys as (

    select journey_id, is_deleted from {{ ref('int_journeys') }}

),

transitions as (

    select
        -- keys
        ordered.transition_id,
        ordered.journey_id,
        ordered.deal_id,
        ordered.lead_id,
        ordered.source_code,

        -- codes
        ordered.pipeline_code,
        followed.from_stage_code,
        ordered.stage_code as to_stage_code,
        followed.direction_code,
        ordered.evidence_kind,

        -- numbers
        cast(followed.skipped_stages_count as bigint) as skipped_stages_count,
        cast(followed.step_number as bigint) as sequence_number,
        followed.seconds_in_from_stage,

        -- dates
        ordered.changed_at,
        ordered.changed_after,
        ordered.known_at,

        -- flags
        ordered.is_unmapped,
        ordered.is_absorbed,
        coalesce(ordered.changed_at > ordered.known_at, false) as is_in_future,
        journeys.is_deleted,
        coalesce(followed.seconds_in_from_stage < 0, false) as is_negative_duration

    from ordered
    inner join journeys on ordered.journey_id = journeys.journey_id
    left join followed on ordered.transition_id = followed.transition_id

)

select * from transitions
