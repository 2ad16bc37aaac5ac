with clocks as (

    select * from {{ ref('int_lead_score_clocks') }}

),

totals as (

    select chosen.is_all_pipelines
    from (values (0), (1)) as chosen (is_all_pipelines)

),

faced as (

    select
        clocks.*,
        case when totals.is_all_pipelines = 1 then 'all' else clocks.pipeline_code end
            as member_code,
        horizons.horizon_days,
        horizons.horizon_microseconds
    from clocks
    cross join totals
    cross join {{ ref('int_horizons') }} as horizons

),

counts as (

    select
        member_code as pipeline_code,
        band_kind,
        band_code,
        points_from,
        horizon_days,
        {{ followed_counts() }}
    from faced
    group by member_code, band_kind, band_code, points_from, horizon_days

)

select * from counts
