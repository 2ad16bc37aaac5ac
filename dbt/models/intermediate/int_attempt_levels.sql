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

    select * from {{ ref('int_attempt_actions') }}
    where place_code = 'entry'

),

entered as (

    select
        attempts.unit_number, attempts.entry_month, attempts.funnel_code,
        attempts.entered_at, attempts.completed_at, attempts.furthest_step_order,
        attempts.steps_count, attempts.is_void, attempts.is_best_of_all,
        attempts.is_told_at_entry, attempts.window_ends_at,
        {{ told_in_time('channel_code') }} as channel_code,
        {{ told_in_time('journey_id') }} as journey_id,
        {{ told_in_time('source_code') }} as source_code
    from attempts
    left join late
        on {{ is_same_unit('attempts', 'late') }}
        and attempts.entry_month = late.entry_month

),

attempt_levels as (

    select
        -- keys
        attempts.funnel_code,
        attempts.unit_number,
        attempts.entry_month,

        -- codes
        coalesce(segments.segment_code, 'unknown') as segment_code,
        coalesce(
            case
                when attempts.is_told_at_entry then attempts.channel_code
                else told.channel_code
            end,
            'unknown'
        ) as channel_code,
        attempts.is_void as is_excluded,
        not attempts.is_void
        and attempts.furthest_step_order < attempts.steps_count
        and attempts.window_ends_at >= sources.observed_until as is_still_open,
        attempts.is_best_of_all,
        attempts.is_told_at_entry,

        -- numbers
        cast(attempts.furthest_step_order as integer) as furthest_step_order,
        cast(attempts.steps_count as integer) as steps_count,

        -- dates
        attempts.entered_at,
        attempts.completed_at

    from entered as attempts
    left join {{ ref('int_attempt_attributes') }} as told
        on {{ is_same_unit('attempts', 'told') }}
        and attempts.entry_month = told.entry_month
    left join {{ ref('int_journey_segments') }} as segments
        on attempts.journey_id = segments.journey_id
    left join {{ ref('int_sources') }} as sources
        on attempts.source_code = sources.source_code

)

select * from attempt_levels
