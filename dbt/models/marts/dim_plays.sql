with named as (

    select
        play_code,
        play_name,
        pipeline_code,
        stage_code,
        leave_reason,
        gain,
        gain_unit
    from {{ ref('plays') }}

)

select * from named
