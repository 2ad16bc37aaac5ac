-- Aalen-Johansen, a row per moment of an event: S before it and F after it.
with at_risk as (

    select * from {{ ref('int_incidence_moments') }}

),

surviving as (

    select
        *,
        coalesce(
            sum(
                case
                    when ending_count < at_risk_count
                        then ln(1 - ending_count / at_risk_count)
                    else 0
                end
            ) over before_moment,
            0
        ) as log_survival,
        coalesce(
            sum(case when ending_count < at_risk_count then 0 else 1 end)
                over before_moment,
            0
        ) as last_leavings_count
    from at_risk
    window before_moment as (
        partition by cohort_number order by moment
        rows between unbounded preceding and 1 preceding
    )

),

survived as (

    select
        *,
        case when last_leavings_count > 0 then 0.0 else exp(log_survival) end
            as survival_before
    from surviving

),

points as (

    select
        cohort_number,
        moment,
        at_risk_count,
        cast(ending_count as double) as ending_count,
        cast(converting_count as double) as converting_count,
        survival_before,
        survival_before * (1 - ending_count / at_risk_count) as survival_after,
        sum(survival_before * converting_count / at_risk_count) over (
            partition by cohort_number order by moment
            rows between unbounded preceding and current row
        ) as incidence
    from survived

)

select * from points
