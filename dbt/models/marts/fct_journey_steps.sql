with reaches as (

    select * from {{ touched(ref('int_stage_reaches')) }}

),

sequences as (

    select * from {{ touched(ref('int_stage_sequences')) }}

),

steps as (

    select
        -- keys
        reaches.journey_id,
        reaches.pipeline_code,
        reaches.stage_code,

        -- flags
        reaches.first_touch_number is not null as is_touched,
        reaches.first_reach_number is not null as is_reached,
        sequences.journey_id is not null as is_in_order,

        -- dates
        reaches.entered_at,
        reaches.first_reached_at,
        {{ seconds_between('reaches.entered_at', 'reaches.first_reached_at') }}
            as seconds_to_reach

    from reaches
    left join sequences
        on reaches.journey_id = sequences.journey_id
        and reaches.pipeline_code = sequences.pipeline_code
        and reaches.stage_number = sequences.stage_number

)

select * from steps
