-- A clock without its age: what is open today is written once, not every night.
with clocks as (

    select * from {{ ref('int_conversion_clocks') }}

),

ends as (

    select
        journey_id,
        cohort_month as month,
        pipeline_code,
        segment_code,
        channel_code,
        from_stage_code,
        to_stage_code,
        end_code,
        is_in_totals,
        is_in_segment,
        cast(case when end_code <> 'open' then followed_for end as bigint)
            as ended_after
    from clocks

)

select * from ends
