-- Which plays each scenario makes: one alone, all together, or one after another in the
-- order of their stages.
with steps as (

    select distinct pipeline_code, stage_code, step_number
    from {{ ref('int_step_rates') }}

),

plays as (

    select
        plays.pipeline_code,
        plays.play_code,
        plays.stage_code,
        plays.gain,
        plays.gain_unit,
        row_number() over (
            partition by plays.pipeline_code order by steps.step_number, plays.play_code
        ) as place
    from {{ ref('plays') }} as plays
    inner join steps
        on plays.pipeline_code = steps.pipeline_code
        and plays.stage_code = steps.stage_code

),

sets as (

    select
        'alone' as scenario_code,
        plays.play_code as scenario_play_code,
        plays.*
    from plays
    union all
    select
        'together' as scenario_code,
        'all' as scenario_play_code,
        plays.*
    from plays
    union all
    select
        'one_after_another' as scenario_code,
        heads.play_code as scenario_play_code,
        plays.*
    from plays
    inner join plays as heads
        on plays.pipeline_code = heads.pipeline_code
        and plays.place <= heads.place

)

select * from sets
