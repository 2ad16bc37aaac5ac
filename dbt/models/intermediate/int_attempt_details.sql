-- What the action that an attempt began with tells: read once of what is kept.
with places as (

    select
        attempts.unit_number,
        attempts.entry_month,
        'entry' as place_code,
        attempts.entered_at as told_at,
        {{ mask_of_entry('funnels.mode_code') }} as told_mask
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

attempt_details as (

    {{ actions_at('places') }}

)

select * from attempt_details
