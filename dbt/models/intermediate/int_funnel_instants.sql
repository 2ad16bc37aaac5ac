-- What can be filled at one instant: each action with the steps that it may fill.
with hits as (

    select
        funnel_code, unit_id, part_key, occurred_at, event_kind, source_code, event_id,
        {{ step_bit('step_order') }} as step_bit,
        max(case when is_entry then 1 else 0 end) as is_entry
    from {{ ref('int_funnel_hits') }}
    where match_kind = 'event'
    group by
        funnel_code, unit_id, part_key, occurred_at, event_kind, source_code, event_id,
        step_order

),

instants as (

    select
        funnel_code, unit_id, part_key, occurred_at, event_kind, source_code, event_id,
        cast(sum(step_bit) as integer) as step_mask,
        max(is_entry) as is_entry,
        max(case when step_bit = 1 then is_entry else 0 end) as is_first_step_entry
    from hits
    group by
        funnel_code, unit_id, part_key, occurred_at, event_kind, source_code, event_id

)

select * from instants
