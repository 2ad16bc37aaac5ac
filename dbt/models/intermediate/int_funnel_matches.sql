-- Of an action that matches all that most of them are asked for, in numbers: what each
-- reader would hash anew, and texts, which would take most of the time to write.
with matches as (

    select
        way_number, unit_number, occurred_at, step_mask, is_entry, is_pruned,
        slice_number
    from {{ ref('int_funnel_actions') }}
    where unit_id is not null

)

select * from matches
