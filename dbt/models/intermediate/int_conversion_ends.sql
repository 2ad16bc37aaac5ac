-- A member without its age: what is open today is written once, not every night.
with members as (

    select * from {{ ref('int_conversion_members') }}

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
        cast(case when end_code <> 'open' then followed_for end as bigint)
            as ended_after
    from members

)

select * from ends
