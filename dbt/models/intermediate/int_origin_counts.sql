-- Each origin from the landmark on to the sale.
with followed as (

    select
        origins.pipeline_code,
        origins.origin_code,
        {{ clock_from('origins.landmark_at') }}
    from {{ ref('int_journey_origins') }} as origins
    left join {{ ref('int_won_clocks') }} as clocks
        on origins.journey_id = clocks.journey_id
        and origins.pipeline_code = clocks.pipeline_code
        and origins.entry_stage_code = clocks.stage_code

),

counted as (

    {{ counted_to_horizons('followed', ['pipeline_code', 'origin_code']) }}

)

select * from counted
