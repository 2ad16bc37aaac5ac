-- What an attempt bears, by its funnel's attribution.
with attempts as (

    select
        attempts.attempt_id,
        funnels.attribution_code
    from {{ ref('int_best_attempts') }} as attempts
    inner join {{ ref('int_event_funnels') }} as funnels
        on attempts.funnel_code = funnels.funnel_code

),

attributed as (

    select
        attempts.attempt_id,
        {{ attributes('told') | join(', ') }}
    from attempts
    inner join {{ ref('int_attempt_actions') }} as told
        on attempts.attempt_id = told.attempt_id
        and told.place_code
        = case when attempts.attribution_code like 'step:%' then 'step' else 'entry' end
    where attempts.attribution_code not in ('first_touch', 'last_touch')
    union all
    select
        attempts.attempt_id,
        {{ attributes('told') | join(', ') }}
    from attempts
    inner join {{ ref('int_attempt_touches') }} as told
        on attempts.attempt_id = told.attempt_id

)

select * from attributed
