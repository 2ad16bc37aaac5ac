-- A month's throughput is first published once as-of has reached the month's end.
with months as (

    select distinct calendar_month as month from {{ ref('int_calendar') }}
    union
    select distinct month from {{ source('lake', 'rec_figures') }}

),

closed as (

    select
        months.month,
        months.month < built.closed_before as is_closed,
        min_by(builds.as_of, builds.generation) as first_published_as_of
    from months
    cross join {{ ref('rec_builds') }} as built
    left join {{ ref('int_recorded_builds') }} as builds
        on months.month < builds.closed_before
    group by months.month, built.closed_before

)

select * from closed
