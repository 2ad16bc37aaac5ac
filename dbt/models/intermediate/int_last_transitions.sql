-- int_journey_transitions, as last published.
with versions as (

    select * from {{ ref('int_last_versions') }}

),

recorded as (

    select * from {{ source('lake', 'rec_transitions') }}

),

transitions as (

    select
        recorded.journey_id,
        recorded.transition_id,
        recorded.source_code,
        recorded.pipeline_code,
        recorded.stage_code,
        recorded.is_absorbed_record,
        recorded.source_file,
        recorded.changed_at
    from recorded
    inner join versions
        on recorded.journey_id = versions.journey_id
        and recorded.generation = versions.generation

)

select * from transitions
