-- Dense from a stage's first entry on, by running sums over the changes.
with changes as (

    select * from {{ ref('int_stage_day_changes') }}

),

begun as (

    select
        source_code,
        pipeline_code,
        stage_code,
        segment_code,
        min(changed_date) as first_date
    from changes
    group by source_code, pipeline_code, stage_code, segment_code

),

dense as (

    select
        begun.source_code,
        begun.pipeline_code,
        begun.stage_code,
        begun.segment_code,
        days.calendar_date,
        least(days.ended_at, sources.observed_until) as aged_until
    from begun
    inner join {{ ref('int_calendar') }} as days
        on begun.first_date <= days.calendar_date
    inner join {{ ref('int_sources') }} as sources
        on begun.source_code = sources.source_code

),

filled as (

    select
        dense.*,
        coalesce(changes.entered_count, 0) as entered_count,
        coalesce(changes.left_count, 0) as left_count,
        coalesce(changes.removed_count, 0) as removed_count,
        coalesce(changes.stale_change, 0) as stale_change,
        coalesce(changes.began_change, 0) as began_change
    from dense
    left join changes
        on dense.source_code = changes.source_code
        and dense.pipeline_code = changes.pipeline_code
        and dense.stage_code = changes.stage_code
        and dense.segment_code = changes.segment_code
        and dense.calendar_date = changes.changed_date

),

running as (

    select
        *,
        sum(entered_count - left_count - removed_count) over so_far as open_count,
        sum(stale_change) over so_far as stale_count,
        sum(began_change) over so_far as began_microseconds
    from filled
    window so_far as (
        partition by source_code, pipeline_code, stage_code, segment_code
        order by calendar_date
        rows between unbounded preceding and current row
    )

),

aged as (

    select
        *,
        cast({{ microseconds('aged_until') }} as decimal(38, 0)) * open_count
        - began_microseconds as age_microseconds
    from running

)

select * from aged
