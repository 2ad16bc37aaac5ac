with stages as (

    select * from {{ ref('int_stages_at_as_of') }}
    where not is_lost

),

pipelines as (

    select
        pipeline_code,
        min(stage_order) as first_order,
        min(case when is_won then stage_order end) as won_order
    from stages
    where not is_retired
    group by pipeline_code

),

stage_pairs as (

    select
        -- keys
        pairs.pipeline_code,
        pairs.from_stage_code,
        pairs.to_stage_code,

        -- codes
        origins.stage_name as from_stage_name,
        targets.stage_name as to_stage_name,

        -- numbers
        origins.stage_order as from_stage_order,
        targets.stage_order as to_stage_order,

        -- flags
        origins.stage_order = pipelines.first_order and not origins.is_retired
            as is_from_first,
        pairs.to_stage_order = min(pairs.to_stage_order) over (
            partition by pairs.pipeline_code, pairs.from_stage_code
        ) as is_to_next,
        coalesce(pairs.to_stage_order = pipelines.won_order, false) as is_to_sale

    from {{ ref('int_stage_pairs') }} as pairs
    inner join pipelines on pairs.pipeline_code = pipelines.pipeline_code
    inner join stages as origins
        on pairs.pipeline_code = origins.pipeline_code
        and pairs.from_stage_code = origins.stage_code
    inner join stages as targets
        on pairs.pipeline_code = targets.pipeline_code
        and pairs.to_stage_code = targets.stage_code

)

select * from stage_pairs
