with clocks as (

    select * from {{ ref('int_lead_score_clocks') }}

),

totals as (

    select chosen.is_all_pipelines
    from (values (0), (1)) as chosen (is_all_pipelines)

),

members as (

    select
        case when totals.is_all_pipelines = 1 then 'all' else clocks.pipeline_code end
            as pipeline_code,
        clocks.band_kind,
        clocks.band_code,
        clocks.points_from,
        clocks.end_code,
        clocks.followed_for,
        clocks.watched_for,
        clocks.is_left_truncated
    from clocks
    cross join totals

),

counts as (

    {{ counted_to_horizons(
        'members', ['pipeline_code', 'band_kind', 'band_code', 'points_from']
    ) }}

)

select * from counts
