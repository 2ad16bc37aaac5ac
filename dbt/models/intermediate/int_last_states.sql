-- int_journey_states, as last published.
with versions as (

    select * from {{ ref('int_last_versions') }}

),

recorded as (

    select * from {{ source('lake', 'rec_journeys') }}

),

states as (

    select
        recorded.journey_id,
        recorded.source_code,
        recorded.lead_id,
        recorded.deal_id,
        recorded.person_id,
        recorded.segment_code,
        recorded.channel_code,
        recorded.outcome_code,
        recorded.attributes_hash,
        recorded.records_count,
        recorded.touches_count,
        recorded.is_deleted,
        recorded.is_duplicate,
        recorded.is_returning,
        recorded.deleted_at
    from recorded
    inner join versions
        on recorded.journey_id = versions.journey_id
        and recorded.generation = versions.generation

)

select * from states
