-- Each first visit of a stage, and the first move that converts or departs from it.
with moves as (

    select
        transitions.*,
        stages.stage_order as order_at_as_of,
        case
            when transitions.pipeline_code
                <> lead(transitions.pipeline_code) over in_journey
                then lead(transitions.changed_at) over in_journey
        end as departed_at,
        lead(transitions.known_at) over in_journey as next_known_at
    from {{ touched(ref('int_transitions')) }} as transitions
    left join {{ ref('int_stages_at_as_of') }} as stages
        on transitions.pipeline_code = stages.pipeline_code
        and transitions.stage_code = stages.stage_code
    window in_journey as (
        partition by transitions.journey_id order by transitions.step_number
    )

),

visits as (

    select
        journey_id,
        pipeline_code,
        stage_code,
        min(step_number) as step_number,
        {{ first_time('changed_at', 'step_number') }} as origin_at,
        {{ first_time('known_at', 'step_number') }} as origin_known_at
    from moves
    where not is_lost and not is_unmapped
    group by journey_id, pipeline_code, stage_code

),

paired as (

    select
        visits.journey_id,
        visits.pipeline_code,
        visits.origin_at,
        visits.origin_known_at,
        pairs.from_stage_code,
        pairs.to_stage_code,
        min_by(
            later.changed_at,
            case
                when later.order_at_as_of >= pairs.to_stage_order and not later.is_lost
                    then later.step_number
            end
        ) as converted_at,
        min_by(
            later.known_at,
            case
                when later.order_at_as_of >= pairs.to_stage_order and not later.is_lost
                    then later.step_number
            end
        ) as converted_known_at,
        min(
            case
                when later.order_at_as_of >= pairs.to_stage_order and not later.is_lost
                    then later.step_number
            end
        ) as converted_number,
        min_by(
            later.departed_at,
            case when later.departed_at is not null then later.step_number end
        ) as transferred_at,
        min_by(
            later.next_known_at,
            case when later.departed_at is not null then later.step_number end
        ) as transferred_known_at,
        min(case when later.departed_at is not null then later.step_number end)
            as departed_number
    from visits
    inner join {{ ref('int_stage_pairs') }} as pairs
        on visits.pipeline_code = pairs.pipeline_code
        and visits.stage_code = pairs.from_stage_code
    left join moves as later
        on visits.journey_id = later.journey_id
        and visits.pipeline_code = later.pipeline_code
        and visits.step_number <= later.step_number
    where visits.origin_at is not null
    group by
        visits.journey_id, visits.pipeline_code,
        visits.origin_at, visits.origin_known_at,
        pairs.from_stage_code, pairs.to_stage_code

)

select * from paired
