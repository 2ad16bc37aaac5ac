-- int_conversion_ends, as last published.
with versions as (

    select * from {{ ref('int_last_versions') }}

),

recorded as (

    select * from {{ source('lake', 'rec_ends') }}

),

ends as (

    select
        recorded.journey_id,
        recorded.month,
        recorded.pipeline_code,
        recorded.segment_code,
        recorded.channel_code,
        recorded.from_stage_code,
        recorded.to_stage_code,
        recorded.end_code,
        recorded.is_in_totals,
        recorded.is_in_segment,
        recorded.ended_after
    from recorded
    inner join versions
        on recorded.journey_id = versions.journey_id
        and recorded.generation = versions.generation

)

select * from ends
