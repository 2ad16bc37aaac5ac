-- The points from which a lead is marketing- and sales-qualified; no row without rules.
with levels as (

    select
        max(case when kind_code = 'marketing_qualified' then points end)
            as marketing_points,
        max(case when kind_code = 'sales_qualified' then points end) as sales_points
    from {{ ref('scoring_rules') }}
    having count(case when kind_code in ('fit', 'behaviour') then 1 end) > 0

)

select * from levels
