with followed as (

    select * from {{ ref('int_transitions') }}

),

ordered as (

    select * from {{ ref('int_ordered_stage_changes') }}
    where not is_repeated

),

journeys as (

    select journey_id, is_deleted from {{ ref('int_journeys') }}

),

numbered as (

    select
        *,
        row_number() over (partition by journey_id order by order_number) as sequence_number
    from ordered

),

transitions as (

    select
        -- keys
        numbered.transition_id,
        numbered.journey_id,
        numbered.deal_id,
        numbered.lead_id,
        numbered.source_code,

        -- codes
        numbered.pipeline_code,
        followed.from_stage_code,
        numbered.stage_code as to_stage_code,
        followed.direction_code,
        numbered.evidence_kind,

        -- numbers
        cast(followed.skipped_stages_count as bigint) as skipped_stages_count,
        cast(numbered.sequence_number as bigint) as sequence_number,
        followed.seconds_in_from_stage,

        -- dates
        numbered.changed_at,
        numbered.changed_after,
        numbered.known_at,

        -- flags
        numbered.is_unmapped,
        numbered.is_absorbed,
        coalesce(numbered.changed_at > numbered.known_at, false) as is_in_future,
        journeys.is_deleted,
        coalesce(followed.seconds_in_from_stage < 0, false) as is_negative_duration

    from numbered
    inner join journeys on numbered.journey_id = journeys.journey_id
    left join followed on numbered.transition_id = followed.transition_id

)

select * from transitions
