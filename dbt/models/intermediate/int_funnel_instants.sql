-- What can be filled at one instant, and by how many actions.
with instants as (

    select
        unit_number,
        occurred_at,
        min(funnel_code) as funnel_code,
        bit_or(step_mask) as step_mask,
        max(case when step_mask & 1 = 1 and is_entry then 1 else 0 end) as is_entry,
        count(*) as actions_count
    from {{ ref('int_funnel_hits') }}
    where match_kind = 'event'
    group by unit_number, occurred_at

)

select * from instants
