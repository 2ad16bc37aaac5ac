-- What is unmapped undoes no outcome; an outcome dates from the change that brought it,
-- not from later ones within it.
with transitions as (

    select * from {{ ref('int_transitions') }}

),

outcomes as (

    select
        *,
        row_number() over (
            partition by journey_id order by step_number desc
        ) as recency,
        max(
            case
                when not is_unmapped
                    and (
                        last_mapped_pipeline_code is null
                        or is_won <> was_won
                        or is_lost <> was_lost
                    )
                    then step_number
            end
        ) over (partition by journey_id) as turned_at_step
    from transitions

),

turned as (

    select
        outcomes.journey_id,
        outcomes.pipeline_code,
        outcomes.stage_code as current_stage_code,
        coalesce(turns.is_won, false) as is_won,
        coalesce(turns.is_lost, false) as is_lost,
        turns.changed_at as outcome_at
    from outcomes
    left join transitions as turns
        on outcomes.journey_id = turns.journey_id
        and outcomes.turned_at_step = turns.step_number
    where outcomes.recency = 1

)

select * from turned
