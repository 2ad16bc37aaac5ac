-- The last day ends at as-of, not at midnight: nothing ages past what is known.
with bounds as (

    select
        coalesce(
            (
                select min({{ reporting_date('effective_at') }})
                from {{ ref('int_transitions') }}
            ),
            {{ reporting_date('as_of') }}
        ) as first_date,
        {{ reporting_date('as_of') }} as last_date,
        as_of
    from {{ source('lake', 'runs') }}

),

days as (

    select
        {{ days_between('first_date', 'last_date') }} as calendar_date,
        last_date,
        as_of
    from bounds

),

ended as (

    select
        calendar_date,
        cast(date_trunc('month', calendar_date) as date) as calendar_month,
        least({{ start_of_date(plus_days('calendar_date', 1)) }}, as_of) as ended_at,
        calendar_date = last_date
        or cast(date_trunc('month', {{ plus_days('calendar_date', 1) }}) as date)
        = {{ plus_days('calendar_date', 1) }} as is_month_end_or_as_of
    from days

)

select * from ended
