{#
    Cumulative incidence with competing ends (Aalen-Johansen) of any numbered cohorts: a
    row per member with cohort_number, end_code, followed_for and watched_after.
#}

{#
    Who enters late is at risk from then on, not before; who leaves at a moment is still.
    Members are counted in doubles, which engines add up in a fraction of the time that
    sums of integers take: they are wider than integers.
#}
{% macro incidence_moments(cohorts) -%}
with changes as (

    select
        cohort_number,
        followed_for as moment,
        1e0 as leaving,
        end_code
    from {{ cohorts }}
    where watched_after is null or watched_after < followed_for
    union all
    select
        cohort_number,
        watched_after as moment,
        -1e0 as leaving,
        'open' as end_code
    from {{ cohorts }}
    where watched_after < followed_for

),

at_risk as (

    select
        *,
        sum(leaving) over (partition by cohort_number order by moment desc)
            as at_risk_count
    from changes

),

moments as (

    select
        cohort_number,
        moment,
        max(at_risk_count) as at_risk_count,
        count(*) as ending_count,
        count(case when end_code = 'converted' then 1 end) as converting_count
    from at_risk
    where end_code <> 'open'
    group by cohort_number, moment

)

select * from moments
{%- endmacro %}

{# Aalen-Johansen, a row per moment of an event: S before it and F after it. #}
{% macro incidence_points(moments) -%}
with at_risk as (

    select * from {{ moments }}

),

surviving as (

    select
        *,
        -- nobody is left behind the last at risk: exp gives 0 of that
        sum(
            case
                when ending_count < at_risk_count
                    then ln(1 - ending_count / at_risk_count)
                else cast('-infinity' as double)
            end
        ) over (
            partition by cohort_number order by moment
            rows between unbounded preceding and 1 preceding
        ) as log_survival
    from at_risk

),

survived as (

    select
        *,
        coalesce(exp(log_survival), 1) as survival_before
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
{%- endmacro %}

{# What a moment adds to the variance of incidence, by the delta method. #}
{% macro incidence_variances() -%}
    case
        when at_risk_count > ending_count
            then ending_count / (at_risk_count * (at_risk_count - ending_count))
        else 0
    end as hazard_variance,
    power(survival_before, 2)
    * (at_risk_count - converting_count)
    * converting_count
    / power(at_risk_count, 3) as converting_variance,
    survival_before * converting_count / power(at_risk_count, 2) as covariance
{%- endmacro %}
