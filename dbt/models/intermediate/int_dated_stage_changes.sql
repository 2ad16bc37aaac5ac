-- With the day in the reporting zone; a change without a time happened by now.
with changes as (

    select
        *,
        coalesce(
            {{ reporting_date('changed_at') }},
            (select {{ reporting_date('as_of') }} from {{ ref('int_run') }})
        ) as changed_date
    from {{ ref('int_recorded_stage_changes') }}

)

select * from changes
