-- The stage in which each lost journey was last, and the first step that its customer
-- was never seen to take.
with journeys as (

    select
        journeys.*,
        segments.segment_code,
        amounts.home_amount
    from {{ ref('int_journeys') }} as journeys
    inner join {{ ref('int_journey_segments') }} as segments
        on journeys.journey_id = segments.journey_id
    inner join {{ ref('int_home_amounts') }} as amounts
        on journeys.journey_id = amounts.journey_id
    where journeys.outcome_code = 'lost'
        and not journeys.is_deleted and not journeys.is_duplicate

),

turns as (

    select
        journey_id,
        pipeline_code,
        changed_at,
        case
            when coalesce(last_mapped_pipeline_code, pipeline_code) = pipeline_code
                then from_stage_code
        end as from_stage_code,
        row_number() over (
            partition by journey_id order by step_number desc
        ) as recency
    from {{ ref('int_transitions') }}
    where is_lost and not was_lost

),

missed as (

    select * from {{ ref('int_missed_steps') }}

),

losses as (

    select
        journeys.journey_id,
        turns.pipeline_code,
        journeys.segment_code,
        coalesce(turns.from_stage_code, 'unknown') as stage_code,
        journeys.loss_reason_code,
        missed.missed_stage_code,
        journeys.home_amount,
        {{ reporting_month('turns.changed_at') }} as lost_month
    from journeys
    inner join turns
        on journeys.journey_id = turns.journey_id
        and turns.recency = 1
    left join missed
        on turns.journey_id = missed.journey_id
        and turns.pipeline_code = missed.pipeline_code

)

select * from losses
