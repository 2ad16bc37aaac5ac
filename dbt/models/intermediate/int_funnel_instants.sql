-- What can be filled at one instant: each action with the steps that it may fill.
with hits as (

    select
        *,
        case when is_entry then 1 else 0 end as is_entry_number,
        {{ step_bit('step_order') }} as step_bit
    from {{ ref('int_funnel_hits') }}
    where match_kind = 'event'

),

instants as (

    select
        funnel_code, unit_id, part_key, occurred_at, event_kind, source_code, event_id,
        bit_or(step_bit) as step_mask,
        max(is_entry_number) as is_entry,
        max(case when step_bit = 1 then is_entry_number else 0 end)
            as is_first_step_entry
    from hits
    group by
        funnel_code, unit_id, part_key, occurred_at, event_kind, source_code, event_id

)

select * from instants
