-- What attempts are counted by, as often as their actions differ in it: texts are read
-- once a slice, not once an attempt.
with described as (

    select distinct channel_code, journey_id, source_code
    from {{ ref('int_journey_events') }}

),

slices as (

    select
        {{ slice_number('described') }} as slice_number,
        any_value(described.channel_code) as channel_code,
        any_value(segments.segment_code) as segment_code,
        any_value(sources.observed_until) as observed_until
    from described
    left join {{ ref('int_journey_segments') }} as segments
        on described.journey_id = segments.journey_id
    left join {{ ref('int_sources') }} as sources
        on described.source_code = sources.source_code
    group by {{ slice_number('described') }}

)

select * from slices
