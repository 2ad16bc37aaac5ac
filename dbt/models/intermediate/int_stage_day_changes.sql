-- What changed on a day in a stage: one row per day with a change, none else.
with stays as (

    select
        *,
        {{ reporting_date('began_at') }} as began_date,
        {{ reporting_date('ended_at') }} as ended_date,
        {{ plus_seconds('began_at', 'stale_after_seconds') }} as stale_at,
        cast({{ microseconds('began_at') }} as decimal(38, 0)) as began_microseconds
    from {{ ref('int_stays') }}
    where not is_won and not is_lost

),

begun as (

    select
        source_code, pipeline_code, stage_code, segment_code,
        began_date as changed_date,
        1 as entered_count,
        0 as left_count, 0 as removed_count, 0 as stale_change,
        began_microseconds as began_change
    from stays

),

ended as (

    select
        source_code, pipeline_code, stage_code, segment_code,
        ended_date as changed_date,
        0 as entered_count,
        case when is_removed then 0 else 1 end as left_count,
        case when is_removed then 1 else 0 end as removed_count,
        0 as stale_change,
        -began_microseconds as began_change
    from stays
    where ended_at is not null

),

staled as (

    select
        stays.*,
        {{ reporting_date('stays.stale_at') }} as stale_date
    from stays
    inner join {{ ref('int_sources') }} as sources
        on stays.source_code = sources.source_code
    where stays.stale_at <= sources.observed_until
        and coalesce(stays.ended_date > {{ reporting_date('stays.stale_at') }}, true)

),

stale as (

    select
        source_code, pipeline_code, stage_code, segment_code,
        stale_date as changed_date,
        0 as entered_count, 0 as left_count, 0 as removed_count,
        1 as stale_change,
        cast(0 as decimal(38, 0)) as began_change
    from staled
    union all
    select
        source_code, pipeline_code, stage_code, segment_code,
        ended_date as changed_date,
        0 as entered_count, 0 as left_count, 0 as removed_count,
        -1 as stale_change,
        cast(0 as decimal(38, 0)) as began_change
    from staled
    where ended_date is not null

),

changed as (

    select * from begun
    union all
    select * from ended
    union all
    select * from stale

),

summed as (

    select
        source_code, pipeline_code, stage_code, segment_code, changed_date,
        sum(entered_count) as entered_count,
        sum(left_count) as left_count,
        sum(removed_count) as removed_count,
        sum(stale_change) as stale_change,
        sum(began_change) as began_change
    from changed
    group by source_code, pipeline_code, stage_code, segment_code, changed_date

)

select * from summed
