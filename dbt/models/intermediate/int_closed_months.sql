-- A month's throughput is first published once as-of has reached the month's end.
with months as (

    select distinct calendar_month as month from {{ ref('int_calendar') }}
    union
    select distinct month from {{ source('lake', 'rec_figures') }}

),

ended as (

    select
        months.month,
        {{ start_of_date(next_month('months.month')) }} as ends_at,
        {{ plus_seconds('runs.as_of', 1) }} as told_until
    from months
    cross join {{ source('lake', 'runs') }} as runs

),

closed as (

    select
        ended.month,
        ended.told_until >= ended.ends_at as is_closed,
        min_by(builds.as_of, builds.generation) as first_published_as_of
    from ended
    left join {{ ref('int_recorded_builds') }} as builds
        on ended.ends_at <= builds.told_until
    group by ended.month, ended.told_until, ended.ends_at

)

select * from closed
