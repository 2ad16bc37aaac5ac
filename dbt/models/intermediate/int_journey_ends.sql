-- Where each journey stands at as-of, from its ledger alone.
with transitions as (

    select * from {{ ref('int_transitions') }}

),

turned as (

    select * from {{ ref('int_journey_standings') }}

),

dated as (

    select journey_id, min_by(changed_at, step_number) as entered_at
    from transitions
    where changed_at is not null
    group by journey_id

),

entries as (

    select
        journey_id,
        pipeline_code as entry_pipeline_code,
        stage_code as entry_stage_code
    from transitions
    where step_number = 1

),

furthest as (

    select
        transitions.journey_id,
        max_by(transitions.stage_code, (stages.stage_order, transitions.stage_code))
            as furthest_stage_code
    from transitions
    inner join turned
        on transitions.journey_id = turned.journey_id
        and transitions.pipeline_code = turned.pipeline_code
    inner join {{ ref('int_stages_at_as_of') }} as stages
        on transitions.pipeline_code = stages.pipeline_code
        and transitions.stage_code = stages.stage_code
    where not transitions.is_lost and not transitions.is_unmapped
    group by transitions.journey_id

),

ended as (

    select
        turned.journey_id,
        entries.entry_pipeline_code,
        turned.pipeline_code,
        entries.entry_stage_code,
        furthest.furthest_stage_code,
        turned.current_stage_code,
        case
            when turned.is_won then 'won'
            when turned.is_lost then 'lost'
            else 'open'
        end as outcome_code,
        dated.entered_at,
        case when turned.is_won or turned.is_lost then turned.outcome_at end
            as outcome_at
    from turned
    inner join entries on turned.journey_id = entries.journey_id
    left join dated on turned.journey_id = dated.journey_id
    left join furthest on turned.journey_id = furthest.journey_id

)

select * from ended
