with clocks as (

    select * from {{ ref('int_evidence_clocks') }}

),

horizons as (

    select * from {{ ref('int_horizons') }}

),

faced as (

    select
        clocks.*,
        horizons.horizon_days,
        horizons.horizon_microseconds
    from clocks
    cross join horizons

),

counted as (

    select
        pipeline_code,
        stage_code,
        owner_id,
        evidence_code,
        horizon_days,
        {{ followed_counts() }}
    from faced
    group by pipeline_code, stage_code, owner_id, evidence_code, horizon_days

)

select * from counted
