with days as (

    select
        calendar_date,
        calendar_month,
        cast(date_trunc('quarter', calendar_date) as date) as calendar_quarter,
        cast(date_trunc('year', calendar_date) as date) as calendar_year
    from {{ ref('int_calendar') }}

)

select * from days
