-- Actions that fill steps of an event funnel, or that exclude between two; what does
-- not match has no unit. Most funnels are plain, and of most actions need no more read
-- than code, time, person and slice.
with plain as (

    select
        {{ way_columns() }}, way_number, entry_from, entry_to,
        bit_or(step_mask) as step_mask
    from {{ ref('int_funnel_ways') }}
    where is_plain
    group by {{ way_columns() }}, way_number, entry_from, entry_to

),

matched as (

    select
        {{ matched_columns() }}, unit_id, part_key, is_entry
    from {{ ref('int_funnel_special_matches') }}
    union all
    select
        {{ matched_columns('events', 'plain') }},
        case when events.is_dated then events.person_id end as unit_id,
        '' as part_key,
        {{ is_in_range('events', 'plain') }} as is_entry
    from plain
    inner join {{ ref('int_journey_events') }} as events
        on plain.match_code = events.event_code

)

select
    *,
    {{ slice_number('matched') }} as slice_number,
    {{ unit_number() }} as unit_number
from matched
