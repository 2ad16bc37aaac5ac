with cohorts as (

    select
        cells.cohort_number,
        waits.end_code,
        waits.followed_for,
        waits.watched_after
    from {{ ref('int_stage_waits') }} as waits
    inner join {{ ref('int_wait_cells') }} as cells
        on waits.pipeline_code = cells.pipeline_code
        and waits.stage_code = cells.stage_code
        and cells.segment_code in ('all', waits.segment_code)

)

select * from cohorts
