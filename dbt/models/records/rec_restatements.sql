-- What this generation moves of figures that were published before.
with restatements as (

    select * from {{ ref('int_restatements') }}

),

recorded as (

    select
        builds.generation,
        builds.as_of,
        restatements.table_name,
        restatements.figure_key,
        restatements.column_name,
        restatements.month,
        restatements.horizon_days,
        restatements.reason_code,
        restatements.first_value,
        restatements.value,
        restatements.delta,
        cast(restatements.journeys_count as bigint) as journeys_affected_count,
        restatements.first_published_as_of
    from restatements
    cross join {{ ref('rec_builds') }} as builds

)

select * from recorded
