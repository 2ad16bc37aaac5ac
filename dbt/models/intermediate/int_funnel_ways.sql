-- By which codes and properties an action counts in an event funnel: what it may fill,
-- as a mask of steps, or between which steps it excludes.
with ways as (

    select
        steps.funnel_code,
        funnels.is_plain,
        funnels.is_pruned,
        funnels.window_seconds,
        funnels.entry_from,
        funnels.entry_to,
        steps.match_kind,
        steps.match_code,
        steps.property_name,
        steps.property_value,
        case
            when steps.match_kind = 'event' then 0
            else coalesce(steps.from_step, 1)
        end as from_step,
        case
            when steps.match_kind = 'event' then 0
            else coalesce(steps.to_step, funnels.steps_count)
        end as to_step,
        case
            when steps.match_kind = 'event' then {{ step_bit('steps.step_order') }}
            else 0
        end as step_mask
    from {{ ref('int_event_funnels') }} as funnels
    inner join {{ ref('funnel_steps') }} as steps
        on funnels.funnel_code = steps.funnel_code
    where steps.match_kind in ('event', 'exclusion')

)

select
    *,
    dense_rank() over (order by {{ way_columns() }}) as way_number
from ways
