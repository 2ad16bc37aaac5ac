with steps as (

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
        unit_number,
        entry_month,
        {{ json_object_of('step_code', iso_time('filled_at'), 'step_order') }}
            as document
    from {{ ref('int_attempt_steps') }}
    where filled_at is not null and mode_code = 'unordered'
    group by unit_number, entry_month

),

funnel_attempts as (

    select
        -- keys
        {{ hash_of([
            'attempts.funnel_code', 'entries.unit_id', 'entries.part_key',
            'attempts.entry_month'
        ]) }} as attempt_id,
        attempts.funnel_code,
        entries.unit_id,
        entries.person_id,
        entries.journey_id,
        entries.source_code,
        attempts.entry_month,

        -- codes
        attempts.segment_code,
        attempts.channel_code,
        {{ told_attribute('campaign') }} as campaign,
        {{ told_attribute('keyword') }} as keyword,
        coalesce({{ told_attribute('region') }}, 'unknown') as region_code,
        coalesce({{ told_attribute('product') }}, 'unknown') as product_code,
        {{ told_attribute('device') }} as device,
        {{ told_attribute('landing_page') }} as landing_page,
        attempts.is_excluded,
        attempts.is_still_open,
        attempts.is_best_of_all,

        -- numbers
        attempts.furthest_step_order,
        attempts.steps_count,

        -- dates
        attempts.entered_at,
        attempts.completed_at,
        case
            when unordered.document is not null then unordered.document
            when further.unit_number is not null
                then {{ step_document('further', 'heads') }}
            else '{' || heads.head_1 || {{ iso_time('attempts.entered_at') }} || '"}'
        end as step_times

    from {{ ref('int_attempt_levels') }} as attempts
    inner join {{ ref('int_attempt_details') }} as entries
        on {{ is_same_unit('attempts', 'entries') }}
        and attempts.entry_month = entries.entry_month
    inner join heads on attempts.funnel_code = heads.funnel_code
    left join {{ ref('int_ranked_attempts') }} as further
        on {{ is_same_unit('attempts', 'further') }}
        and attempts.entry_month = further.entry_month
    left join unordered
        on {{ is_same_unit('attempts', 'unordered') }}
        and attempts.entry_month = unordered.entry_month
    left join {{ ref('int_attempt_attributes') }} as told
        on {{ is_same_unit('attempts', 'told') }}
        and attempts.entry_month = told.entry_month

)

select * from funnel_attempts
