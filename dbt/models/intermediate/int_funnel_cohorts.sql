-- When a journey came into a funnel, and at which step, for counts of reach by entry.
with moves as (

    select * from {{ ref('int_funnel_moves') }}

),

cohorts as (

    select
        funnel_code,
        journey_id,
        pipeline_code,
        segment_code,
        channel_code,
        source_code,
        entered_at,
        {{ reporting_month('entered_at') }} as cohort_month,
        min(case when move_kind = 'hit' then move_number end) as first_hit_number,
        min_by(step_order, case when move_kind = 'hit' then move_number end)
            as first_hit_step_order
    from moves
    group by
        funnel_code, journey_id, pipeline_code, segment_code, channel_code,
        source_code, entered_at

)

select * from cohorts
