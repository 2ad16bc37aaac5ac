-- The shortest horizon within which nine tenths of the completed stays were over.
with horizons as (

    select
        cells.pipeline_code,
        cells.stage_code,
        cells.segment_code,
        min(horizons.horizon_days) as horizon_days
    from {{ ref('int_wait_cells') }} as cells
    inner join {{ ref('int_horizons') }} as horizons
        on cells.p90_completed <= horizons.horizon_microseconds
    group by cells.pipeline_code, cells.stage_code, cells.segment_code

)

select * from horizons
