-- Who enters late is at risk from then on, not before; who leaves at a moment is still.
with changes as (

    select
        cohort_number,
        followed_for as moment,
        1 as leaving,
        case when end_code = 'open' then 0 else 1 end as ending,
        case when end_code = 'converted' then 1 else 0 end as converting
    from {{ ref('int_conversion_cohorts') }}
    where watched_after is null or watched_after < followed_for
    union all
    select
        cohort_number,
        watched_after as moment,
        -1 as leaving,
        0 as ending,
        0 as converting
    from {{ ref('int_conversion_cohorts') }}
    where watched_after < followed_for

),

at_risk as (

    select
        *,
        sum(leaving) over (
            partition by cohort_number order by moment
            range between current row and unbounded following
        ) as at_risk_count
    from changes

),

moments as (

    select
        cohort_number,
        moment,
        cast(max(at_risk_count) as double) as at_risk_count,
        cast(sum(ending) as bigint) as ending_count,
        cast(sum(converting) as bigint) as converting_count
    from at_risk
    where ending = 1
    group by cohort_number, moment

)

select * from moments
