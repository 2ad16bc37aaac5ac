with attempts as (

    select
        attempts.*,
        funnels.window_seconds,
        funnels.steps_count
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

entries as (

    select * from {{ ref('int_attempt_actions') }}
    where place_code = 'entry'

),

step_times as (

    select
        attempt_id,
        {{ json_object_of('step_code', iso_time('filled_at'), 'step_order') }}
            as step_times
    from {{ ref('int_attempt_steps') }}
    where filled_at is not null
    group by attempt_id

),

funnel_attempts as (

    select
        -- keys
        attempts.attempt_id,
        attempts.funnel_code,
        attempts.unit_id,
        entries.person_id,
        entries.journey_id,
        entries.source_code,
        attempts.entry_month,

        -- codes
        coalesce(segments.segment_code, 'unknown') as segment_code,
        coalesce(attributes.channel_code, 'unknown') as channel_code,
        attributes.campaign,
        attributes.keyword,
        coalesce(attributes.region, 'unknown') as region_code,
        coalesce(attributes.product, 'unknown') as product_code,
        attributes.device,
        attributes.landing_page,
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
        step_times.step_times

    from attempts
    left join entries on attempts.attempt_id = entries.attempt_id
    left join step_times on attempts.attempt_id = step_times.attempt_id
    left join {{ ref('int_attempt_attributes') }} as attributes
        on attempts.attempt_id = attributes.attempt_id
    left join {{ ref('int_journey_segments') }} as segments
        on entries.journey_id = segments.journey_id
    left join {{ ref('int_sources') }} as sources
        on entries.source_code = sources.source_code

)

select * from funnel_attempts
