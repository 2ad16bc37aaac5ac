with clocks as (

    select * from {{ ref('int_conversion_clocks') }}

),

cells as (

    select * from {{ ref('int_cohort_cells') }}

),

cohorts as (

    select
        cells.cohort_number,
        clocks.end_code,
        clocks.followed_for,
        clocks.watched_after,
        clocks.observed_until
    from clocks
    inner join cells
        on clocks.cohort_month = cells.cohort_month
        and clocks.pipeline_code = cells.pipeline_code
        and clocks.segment_code = cells.segment_code
        and clocks.channel_code = cells.channel_code
        and clocks.from_stage_code = cells.from_stage_code
        and clocks.to_stage_code = cells.to_stage_code
        and clocks.is_in_totals is not distinct from cells.is_in_totals
        and clocks.is_in_segment is not distinct from cells.is_in_segment

)

select * from cohorts
