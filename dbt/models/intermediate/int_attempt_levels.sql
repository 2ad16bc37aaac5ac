-- The attempts that count, with all that is counted of them: no more than that, since
-- there are as many as units and months.
with attempts as (

    select
        attempts.*,
        funnels.is_told_at_entry,
        funnels.steps_count,
        {{ plus_seconds('attempts.entered_at', 'funnels.window_seconds') }}
            as window_ends_at
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

late as (

    select
        actions.unit_number,
        actions.entry_month,
        {{ slice_number('actions') }} as slice_number
    from {{ ref('int_attempt_actions') }} as actions
    where actions.place_code = 'entry'

),

attempt_levels as (

    select
        -- keys
        attempts.funnel_code,
        attempts.unit_number,
        attempts.entry_month,

        -- codes
        coalesce(slices.segment_code, 'unknown') as segment_code,
        coalesce(
            case
                when attempts.is_told_at_entry then slices.channel_code
                else told.channel_code
            end,
            'unknown'
        ) as channel_code,
        attempts.is_void as is_excluded,
        not attempts.is_void
        and attempts.furthest_step_order < attempts.steps_count
        and attempts.window_ends_at >= slices.observed_until as is_still_open,
        attempts.is_best_of_all,
        attempts.is_told_at_entry,

        -- numbers
        cast(attempts.furthest_step_order as integer) as furthest_step_order,
        cast(attempts.steps_count as integer) as steps_count,

        -- dates
        attempts.entered_at,
        attempts.completed_at

    from attempts
    left join late
        on {{ is_same_unit('attempts', 'late') }}
        and attempts.entry_month = late.entry_month
    left join {{ ref('int_funnel_slices') }} as slices
        on case
            when attempts.is_told_late then late.slice_number
            else attempts.slice_number
        end = slices.slice_number
    left join {{ ref('int_attempt_attributes') }} as told
        on {{ is_same_unit('attempts', 'told') }}
        and attempts.entry_month = told.entry_month

)

select * from attempt_levels
