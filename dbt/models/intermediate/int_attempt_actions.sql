-- The actions that tell what an attempt is counted by where its entry alone does not:
-- that of an entry that is told late, and that of the step that it is attributed to.
with attempts as (

    select
        attempts.*,
        funnels.mode_code,
        funnels.attributed_step_order
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code
    where attempts.is_told_late or funnels.attributed_step_order is not null

),

places as (

    select
        unit_number,
        entry_month,
        'entry' as place_code,
        entered_at as told_at,
        {{ mask_of_entry('mode_code') }} as told_mask
    from attempts
    where is_told_late
    union all
    select
        attempts.unit_number,
        attempts.entry_month,
        'step' as place_code,
        steps.filled_at as told_at,
        {{ step_bit('steps.step_order') }} as told_mask
    from attempts
    inner join {{ ref('int_attempt_steps') }} as steps
        on {{ is_same_unit('attempts', 'steps') }}
        and attempts.entry_month = steps.entry_month
        and attempts.attributed_step_order = steps.step_order

),

attempt_actions as (

    {{ actions_at('places') }}

)

select * from attempt_actions
