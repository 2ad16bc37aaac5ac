-- The steps of the attempts that went further than an entry: when as many were done,
-- and when each was.
with attempts as (

    select
        attempts.*,
        funnels.mode_code
    from {{ ref('int_ranked_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

steps as (

    select funnel_code, step_order, min(step_code) as step_code
    from {{ ref('funnel_steps') }}
    where match_kind <> 'exclusion'
    group by funnel_code, step_order

),

first_fills as (

    select
        attempts.unit_number,
        attempts.entry_month,
        steps.step_order,
        min(hits.occurred_at) as filled_at
    from attempts
    inner join steps on attempts.funnel_code = steps.funnel_code
    inner join {{ ref('int_funnel_hits') }} as hits
        on {{ is_same_unit('attempts', 'hits') }}
        and attempts.entered_at <= hits.occurred_at
        and attempts.completed_at >= hits.occurred_at
        and hits.step_mask & {{ step_bit('steps.step_order') }} > 0
    where attempts.mode_code = 'unordered' and hits.match_kind = 'event'
    group by attempts.unit_number, attempts.entry_month, steps.step_order

),

attempt_steps as (

    select
        attempts.unit_number,
        attempts.entry_month,
        attempts.mode_code,
        attempts.furthest_step_order,
        steps.step_order,
        steps.step_code,
        {{ time_of_step('attempts', 'steps.step_order - 1') }} as previous_reached_at,
        {{ time_of_step('attempts', 'steps.step_order') }} as reached_at,
        case
            when attempts.mode_code = 'unordered' then first_fills.filled_at
            else {{ time_of_step('attempts', 'steps.step_order') }}
        end as filled_at
    from attempts
    inner join steps
        on attempts.funnel_code = steps.funnel_code
        and (
            attempts.furthest_step_order >= steps.step_order
            or attempts.mode_code = 'unordered'
        )
    left join first_fills
        on {{ is_same_unit('attempts', 'first_fills') }}
        and attempts.entry_month = first_fills.entry_month
        and steps.step_order = first_fills.step_order

)

select * from attempt_steps
where reached_at is not null or filled_at is not null
