with attempts as (

    select * from {{ ref('int_attempt_actions') }}
    where place_code = 'entry'

),

steps as (

    select
        funnel_code,
        step_order,
        {{ json_object_of('step_code', "''", 'step_order') }} as document
    from (
        select distinct funnel_code, step_code, step_order
        from {{ ref('funnel_steps') }}
        where match_kind <> 'exclusion'
    ) as steps
    group by funnel_code, step_order

),

heads as (

    select
        funnel_code,
        {{ step_heads('document', 'step_order') }}
    from steps
    group by funnel_code

),

-- in any order, a step was done when its first action was
unordered as (

    select
        attempt_id,
        {{ json_object_of('step_code', iso_time('filled_at'), 'step_order') }}
            as document
    from {{ ref('int_attempt_steps') }}
    where filled_at is not null and mode_code = 'unordered'
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
        coalesce(unordered.document, {{ step_document('attempts', 'heads') }})
            as step_times

    from attempts
    inner join heads on attempts.funnel_code = heads.funnel_code
    left join unordered on attempts.attempt_id = unordered.attempt_id
    left join {{ ref('int_attempt_attributes') }} as told
        on attempts.attempt_id = told.attempt_id
    left join {{ ref('int_journey_segments') }} as segments
        on attempts.journey_id = segments.journey_id
    left join {{ ref('int_sources') }} as sources
        on attempts.source_code = sources.source_code

)

select * from funnel_attempts
