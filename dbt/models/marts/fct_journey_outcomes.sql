with judged as (

    select
        *,
        not coalesce(is_deleted or is_duplicate, false) as is_counted
    from {{ ref('fct_journeys') }}

),

outcomes as (

    select
        -- keys
        cohort_month,
        pipeline_code,
        segment_code,
        channel_code,
        outcome_code,

        -- numbers
        count(case when is_counted then 1 end) as journeys_count,
        sum(case when is_counted then home_amount end) as home_amount,
        count(case when is_counted and home_amount is null then 1 end)
            as unvalued_count,
        count(case when is_deleted and not coalesce(is_duplicate, false) then 1 end)
            as deleted_count,
        count(case when is_duplicate then 1 end) as duplicate_count

    from judged
    group by cohort_month, pipeline_code, segment_code, channel_code, outcome_code

)

select * from outcomes
