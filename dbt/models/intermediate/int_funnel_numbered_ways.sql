-- The ways without what their actions are known by: matches bear no more than a number.
with numbered_ways as (

    select distinct
        way_number, funnel_code, match_kind, from_step, to_step, is_pruned,
        window_seconds
    from {{ ref('int_funnel_ways') }}

)

select * from numbered_ways
