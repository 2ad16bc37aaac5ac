-- Who enters late is at risk from then on, not before; who leaves at a moment is still.
with watched as (

    select * from {{ ref('int_conversion_cohorts') }}
    where watched_after is null or watched_after < followed_for

),

moments as (

    select
        cohort_month, pipeline_code, segment_code, channel_code,
        from_stage_code, to_stage_code, moment,
        sum(leaving) as leaving_count,
        sum(joining) as joining_count,
        sum(ending) as ending_count,
        sum(converting) as converting_count
    from (
        select
            cohort_month, pipeline_code, segment_code, channel_code,
            from_stage_code, to_stage_code,
            followed_for as moment,
            1 as leaving,
            0 as joining,
            case when end_code = 'open' then 0 else 1 end as ending,
            case when end_code = 'converted' then 1 else 0 end as converting
        from watched
        union all
        select
            cohort_month, pipeline_code, segment_code, channel_code,
            from_stage_code, to_stage_code,
            watched_after as moment,
            0 as leaving,
            1 as joining,
            0 as ending,
            0 as converting
        from watched
        where watched_after is not null
    ) as changes
    group by
        cohort_month, pipeline_code, segment_code, channel_code,
        from_stage_code, to_stage_code, moment

),

at_risk as (

    select
        *,
        cast(
            sum(leaving_count - joining_count) over (
                partition by
                    cohort_month, pipeline_code, segment_code, channel_code,
                    from_stage_code, to_stage_code
                order by moment desc
                rows between unbounded preceding and current row
            ) as double
        ) as at_risk_count
    from moments

)

select * from at_risk
