-- When a lead first came to what qualifies it, and to the sale, in whichever pipeline;
-- at the stage or past it. A pipeline without such a stage says nothing.
with sales as (

    select
        pipeline_code,
        min_by(stage_code, stage_order) as stage_code
    from {{ ref('int_stages_at_as_of') }}
    where is_won and not is_retired
    group by pipeline_code

),

milestones as (

    select pipeline_code, stage_code, false as is_sale
    from {{ ref('qualified_stages') }}
    union all
    select pipeline_code, stage_code, true as is_sale
    from sales

),

reached as (

    select
        reaches.journey_id,
        milestones.is_sale,
        min(
            case
                when reaches.first_reached_at <= sources.observed_until
                    then reaches.first_reached_at
            end
        ) as reached_at
    from {{ ref('int_stage_reaches') }} as reaches
    inner join milestones
        on reaches.pipeline_code = milestones.pipeline_code
        and reaches.stage_code = milestones.stage_code
    inner join {{ ref('int_journeys') }} as journeys
        on reaches.journey_id = journeys.journey_id
    inner join {{ ref('int_sources') }} as sources
        on journeys.source_code = sources.source_code
    group by reaches.journey_id, milestones.is_sale

),

lead_milestones as (

    select
        journey_id,
        count(case when not is_sale then 1 end) > 0 as is_qualifiable,
        max(case when not is_sale then reached_at end) as qualified_at,
        max(case when is_sale then reached_at end) as won_at
    from reached
    group by journey_id

)

select * from lead_milestones
