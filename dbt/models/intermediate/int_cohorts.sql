-- Cohorts have millions of members: these bear its number, and its codes stand here.
with cells as (

    select * from {{ ref('int_cohort_cells') }}

),

cohorts as (

    select distinct
        cohort_number,
        cohort_month,
        cohort_pipeline_code as pipeline_code,
        cohort_segment_code as segment_code,
        cohort_channel_code as channel_code,
        from_stage_code,
        to_stage_code
    from cells

)

select * from cohorts
