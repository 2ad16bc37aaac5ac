{#
    Cumulative incidence with competing ends (Aalen-Johansen) of any numbered cohorts: a
    row per member with cohort_number, end_code, followed_for and watched_after.
#}

{# Who enters late is at risk from then on, not before; who leaves at a moment is still. #}
{% macro incidence_moments(cohorts) -%}
with changes as (

    select
        cohort_number,
        followed_for as moment,
        1 as leaving,
        case when end_code = 'open' then 0 else 1 end as ending,
        case when end_code = 'converted' then 1 else 0 end as converting
    from {{ cohorts }}
    where watched_after is null or watched_after < followed_for
    union all
    select
        cohort_number,
        watched_after as moment,
        -1 as leaving,
        0 as ending,
        0 as converting
    from {{ cohorts }}
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
{%- endmacro %}

{# Aalen-Johansen, a row per moment of an event: S before it and F after it. #}
{% macro incidence_points(moments) -%}
with at_risk as (

    select * from {{ moments }}

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
