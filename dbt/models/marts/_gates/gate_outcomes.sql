-- Won and lost stages, probability and journey must say the same of a deal.
with deals as (

    select
        deals.source_code,
        deals.deal_id,
        deals.probability,
        deals.source_file,
        journeys.pipeline_code,
        journeys.current_stage_code,
        journeys.outcome_code,
        stages.is_won,
        stages.is_lost
    from {{ ref('int_deals') }} as deals
    inner join {{ ref('int_journeys') }} as journeys
        on deals.source_code = journeys.source_code
        and deals.deal_id = journeys.deal_id
    inner join {{ ref('int_stages_at_as_of') }} as stages
        on journeys.pipeline_code = stages.pipeline_code
        and journeys.current_stage_code = stages.stage_code
    where not deals.is_deleted

),

judged as (

    select
        *,
        case
            when is_won and outcome_code <> 'won' or is_lost and outcome_code <> 'lost'
                then 'the journey''s outcome is not that of its stage'
            when is_won and probability < 1 then 'a won deal has a probability below 1'
            when is_lost and probability > 0
                then 'a lost deal has a probability above 0'
            when not is_won and not is_lost and probability = 1
                then 'an open deal has a probability of 1'
            when probability < 0 or probability > 1
                then 'a probability is not between 0 and 1'
        end as message
    from deals

),

counted as (

    select
        source_code,
        pipeline_code,
        current_stage_code as stage_code,
        count(*) as deals_count,
        count(message) as disagreeing_count,
        min(case when message is not null then deal_id end) as example_deal_id,
        min_by(
            case when message is not null then source_file end,
            case when message is not null then deal_id end
        ) as example_file,
        min(message) as message
    from judged
    group by source_code, pipeline_code, current_stage_code

)

select * from counted
