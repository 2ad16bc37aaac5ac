with attempts as (

    select * from {{ ref('int_attempt_actions') }}
    where place_code = 'entry'

),

-- the document of one step without its time, which most attempts lack alone
first_steps as (

    select
        funnel_code,
        {{ json_object_of('step_code', "''", 'step_order') }} as document
    from (
        select distinct funnel_code, step_code, step_order
        from {{ ref('funnel_steps') }}
        where match_kind <> 'exclusion' and step_order = 1
    ) as steps
    group by funnel_code

),

step_times as (

    select
        attempt_id,
        {{ json_object_of('step_code', iso_time('filled_at'), 'step_order') }}
            as document
    from {{ ref('int_attempt_steps') }}
    where filled_at is not null
        and (furthest_step_order > 1 or mode_code = 'unordered')
    group by attempt_id

),

funnel_attempts as (

    select
        -- keys
        attempts.attempt_id,
        attempts.funnel_code,
        attempts.unit_id,
        attempts.person_id,
        attempts.journey_id,
        attempts.source_code,
        attempts.entry_month,

        -- codes
        coalesce(segments.segment_code, 'unknown') as segment_code,
        coalesce({{ told_attribute('channel_code') }}, 'unknown') as channel_code,
        {{ told_attribute('campaign') }} as campaign,
        {{ told_attribute('keyword') }} as keyword,
        coalesce({{ told_attribute('region') }}, 'unknown') as region_code,
        coalesce({{ told_attribute('product') }}, 'unknown') as product_code,
        {{ told_attribute('device') }} as device,
        {{ told_attribute('landing_page') }} as landing_page,
        attempts.is_void as is_excluded,
        not attempts.is_void
        and attempts.furthest_step_order < attempts.steps_count
        and attempts.window_ends_at >= sources.observed_until as is_still_open,
        attempts.is_best_of_all,

        -- numbers
        cast(attempts.furthest_step_order as integer) as furthest_step_order,
        cast(attempts.steps_count as integer) as steps_count,

        -- dates
        attempts.entered_at,
        attempts.completed_at,
        coalesce(
            step_times.document,
            left(first_steps.document, length(first_steps.document) - 2)
            || {{ iso_time('attempts.entered_at') }} || '"}'
        ) as step_times

    from attempts
    inner join first_steps on attempts.funnel_code = first_steps.funnel_code
    left join step_times on attempts.attempt_id = step_times.attempt_id
    left join {{ ref('int_attempt_attributes') }} as told
        on attempts.attempt_id = told.attempt_id
    left join {{ ref('int_journey_segments') }} as segments
        on attempts.journey_id = segments.journey_id
    left join {{ ref('int_sources') }} as sources
        on attempts.source_code = sources.source_code

)

select * from funnel_attempts
