with cohorts as (

    select * from {{ touched(ref('int_funnel_cohorts')) }}

),

steps as (

    select funnel_code, step_order, min(step_code) as step_code
    from {{ ref('funnel_steps') }}
    where match_kind <> 'exclusion'
    group by funnel_code, step_order

),

reached as (

    select
        cohorts.funnel_code, cohorts.journey_id,
        steps.step_order,
        max(case when moves.step_order = steps.step_order then 1 else 0 end)
            as is_touched,
        max(case when moves.step_order is not null then 1 else 0 end) as is_reached,
        {{ first_time('moves.moved_at', 'moves.move_number') }} as first_reached_at
    from cohorts
    inner join steps on cohorts.funnel_code = steps.funnel_code
    left join {{ touched(ref('int_funnel_moves')) }} as moves
        on cohorts.funnel_code = moves.funnel_code
        and cohorts.journey_id = moves.journey_id
        and moves.move_kind = 'hit'
        and steps.step_order <= moves.step_order
    group by cohorts.funnel_code, cohorts.journey_id, steps.step_order

),

visited as (

    select
        funnel_code,
        journey_id,
        step_order,
        count(*) as visits_count,
        count(case when end_code = 'advanced' then 1 end) as advanced_count,
        count(case when end_code = 'moved_back' then 1 end) as moved_back_count,
        count(case when end_code = 'lost' then 1 end) as lost_count,
        count(case when end_code = 'transferred' then 1 end) as transferred_count,
        count(case when end_code = 'completed' then 1 end) as completed_count,
        count(case when end_code = 'still_open' then 1 end) as still_open_count
    from {{ ref('int_funnel_visits') }}
    group by funnel_code, journey_id, step_order

),

journeys as (

    select
        cohorts.funnel_code, cohorts.journey_id, cohorts.source_code,
        cohorts.pipeline_code, cohorts.segment_code, cohorts.channel_code,
        cohorts.cohort_month,
        steps.step_order, steps.step_code,
        reached.is_touched, reached.is_reached,
        case
            when reached.is_touched = 0
                and reached.is_reached = 1
                and cohorts.first_hit_step_order > steps.step_order
                then 1
            else 0
        end as is_reached_by_entry,
        case when sequences.journey_id is null then 0 else 1 end as is_in_order,
        case
            when reached.is_touched = 1
                then {{ seconds_between(
                    'cohorts.entered_at', 'reached.first_reached_at'
                ) }}
        end as seconds_to_reach,
        coalesce(visited.visits_count, 0) as visits_count,
        coalesce(visited.advanced_count, 0) as advanced_count,
        coalesce(visited.moved_back_count, 0) as moved_back_count,
        coalesce(visited.lost_count, 0) as lost_count,
        coalesce(visited.transferred_count, 0) as transferred_count,
        coalesce(visited.completed_count, 0) as completed_count,
        coalesce(visited.still_open_count, 0) as still_open_count
    from cohorts
    inner join steps on cohorts.funnel_code = steps.funnel_code
    inner join reached
        on cohorts.funnel_code = reached.funnel_code
        and cohorts.journey_id = reached.journey_id
        and steps.step_order = reached.step_order
    left join {{ ref('int_funnel_sequences') }} as sequences
        on cohorts.funnel_code = sequences.funnel_code
        and cohorts.journey_id = sequences.journey_id
        and steps.step_order = sequences.step_order
    left join visited
        on cohorts.funnel_code = visited.funnel_code
        and cohorts.journey_id = visited.journey_id
        and steps.step_order = visited.step_order

)

select * from journeys
