-- The attempts that count, each with the action that it began with, and again with the
-- one of the step that it is attributed to.
with attempts as (

    select
        attempts.*,
        funnels.mode_code,
        funnels.is_pruned and attempts.furthest_step_order = 1 as is_alone,
        funnels.steps_count,
        funnels.is_told_at_entry,
        funnels.attributed_step_order
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

places as (

    select
        attempts.*,
        'entry' as place_code,
        attempts.entered_at as told_at,
        case when attempts.mode_code <> 'unordered' then 1 end as told_step_order
    from attempts
    where not attempts.is_alone
    union all
    select
        attempts.*,
        'step' as place_code,
        steps.filled_at as told_at,
        steps.step_order as told_step_order
    from attempts
    inner join {{ ref('int_attempt_steps') }} as steps
        on attempts.attempt_id = steps.attempt_id
        and attempts.attributed_step_order = steps.step_order
    where attempts.attributed_step_order is not null

),

told as (

    select
        places.*,
        {{ told_of_entry('actions') | join(', ') }},
        actions.event_id,
        actions.event_kind
    from places
    inner join {{ ref('int_funnel_hits') }} as actions
        on {{ is_same_unit('places', 'actions') }}
        and places.told_at = actions.occurred_at
    where actions.match_kind = 'event'
        and coalesce(places.told_step_order, actions.step_order) = actions.step_order
        and (actions.is_entry or places.place_code = 'step')

),

numbered as (

    select
        *,
        row_number() over (
            partition by attempt_id, place_code
            order by event_id, event_kind, source_code
        ) as action_number
    from told

),

-- what did the first step alone began with an action that its entry tells
alone as (

    select
        attempts.*,
        'entry' as place_code,
        attempts.entered_at as told_at,
        1 as told_step_order,
        {{ told_of_entry('entries') | join(', ') }}
    from attempts
    inner join {{ ref('int_funnel_entries') }} as entries
        on {{ is_same_unit('attempts', 'entries') }}
        and attempts.entry_month = entries.entry_month
    where attempts.is_alone

),

attempt_actions as (

    select * {{ exclude() }} (event_id, event_kind, action_number) from numbered
    where action_number = 1
    union all
    select * from alone

)

select * from attempt_actions
