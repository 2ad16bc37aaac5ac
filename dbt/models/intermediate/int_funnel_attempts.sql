-- An attempt is void where an excluded action lies strictly between its two steps; a
-- step not reached leaves it open until the window ends.
with attempts as (

    select * from {{ ref('int_funnel_ordered_attempts') }}
    union all
    select * from {{ ref('int_funnel_strict_attempts') }}
    union all
    select * from {{ ref('int_funnel_unordered_attempts') }}

),

exclusions as (

    select distinct unit_number, from_step, to_step, occurred_at
    from {{ ref('int_funnel_hits') }}
    where match_kind = 'exclusion'

),

spans as (

    select distinct unit_number, from_step, to_step
    from exclusions

),

spanned as (

    select
        attempts.*,
        spans.from_step,
        spans.to_step,
        {{ time_of_step('attempts', 'spans.from_step') }} as from_at,
        coalesce(
            {{ time_of_step('attempts', 'spans.to_step') }},
            {{ plus_seconds('attempts.window_ends_at', '0.000001') }}
        ) as until_at
    from attempts
    inner join spans
        on {{ is_same_unit('attempts', 'spans') }}

),

judged as (

    select
        {{ attempt_columns('attempts') }},
        false as is_void
    from attempts
    left join spans
        on {{ is_same_unit('attempts', 'spans') }}
    where spans.unit_number is null
    union all
    select
        {{ attempt_columns('spanned') }},
        count(exclusions.occurred_at) > 0 as is_void
    from spanned
    left join exclusions
        on {{ is_same_unit('spanned', 'exclusions') }}
        and spanned.from_step = exclusions.from_step
        and spanned.to_step = exclusions.to_step
        and spanned.from_at < exclusions.occurred_at
        and spanned.until_at > exclusions.occurred_at
    group by {{ attempt_columns('spanned') }}

)

select * from judged
