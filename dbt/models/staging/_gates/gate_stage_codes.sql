with changes as (

    select
        *,
        {{ reporting_month('changed_at') }} as changed_month,
        is_registered and is_unmapped and not is_ignored as is_out_of_dates
    from {{ ref('int_stage_changes') }}

),

ends as (

    select
        used.source_code, used.source_pipeline, used.source_stage,
        max(aliases.ends_on) as ends_on
    from (
        select distinct source_code, source_pipeline, source_stage from changes
    ) as used
    inner join {{ ref('gate_stage_aliases') }} as aliases
        on used.source_code = aliases.source_code
        and used.source_stage = aliases.source_stage
        and coalesce(aliases.source_pipeline, used.source_pipeline, '')
        = coalesce(used.source_pipeline, '')
    group by used.source_code, used.source_pipeline, used.source_stage

),

dated as (

    select
        changes.*,
        watched.this_month,
        watched.last_month,
        ends.ends_on,
        coalesce(
            changes.is_out_of_dates and changes.changed_date >= ends.ends_on, false
        ) as is_retired
    from changes
    left join {{ ref('int_watched_months') }} as watched
        on changes.source_code = watched.source_code
    left join ends
        on changes.source_code = ends.source_code
        and changes.source_stage = ends.source_stage
        and changes.source_pipeline is not distinct from ends.source_pipeline

),

counted as (

    select
        source_code,
        source_pipeline,
        source_stage,
        min(changed_at) as first_seen_at,
        max(changed_at) as last_seen_at,
        count(*) as changes_count,
        count(distinct record_id) as deals_count,
        count(case when not is_registered then 1 end) as unregistered_count,
        count(case when is_out_of_dates and not is_retired then 1 end)
            as invalid_at_date_count,
        count(case when is_retired then 1 end) as retired_count,
        count(case when changed_month = this_month then 1 end) as this_month_count,
        count(case when changed_month = last_month then 1 end) as last_month_count,
        count(case when changed_month < this_month then 1 end) as before_count,
        max(ends_on) as ends_on,
        max(this_month) as this_month,
        min_by(
            source_file,
            (case when is_out_of_dates then 0 else 1 end, known_at, source_file)
        ) as example_file
    from dated
    group by source_code, source_pipeline, source_stage

),

judged as (

    select
        *,
        case
            when before_count = 0 and sum(before_count) over in_source > 0
                then this_month_count
            else 0
        end as new_count,
        case
            when this_month_count = 0 and coalesce(ends_on > this_month, true)
                then last_month_count
            else 0
        end as vanished_count
    from counted
    window in_source as (partition by source_code)

)

select * from judged
