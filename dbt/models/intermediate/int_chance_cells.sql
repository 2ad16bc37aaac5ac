with counted as (

    select
        cohort_number,
        count(*) as members_count,
        count(case when end_code <> 'open' then 1 end) as outcomes_count
    from {{ ref('int_chance_cohorts') }}
    group by cohort_number

),

cells as (

    select
        places.*,
        counted.members_count,
        counted.outcomes_count
    from {{ ref('int_chance_places') }} as places
    inner join counted on places.cohort_number = counted.cohort_number

)

select * from cells
