-- The chance of winning as far as anybody was followed, losses and transfers competing,
-- and its variance: sums of (F - F(t))^2 and of F - F(t) are multiplied out, as in
-- int_cohort_incidence. Fewer than 30 outcomes measure nothing.
with counted as (

    select
        cohort_number,
        count(*) as members_count,
        count(case when end_code <> 'open' then 1 end) as outcomes_count
    from {{ touched(ref('int_chance_cohorts')) }}
    group by cohort_number

),

moments as (

    {{ incidence_moments(touched(ref('int_chance_cohorts'))) }}

),

points as (

    {{ incidence_points('moments') }}

),

varied as (

    select
        *,
        {{ incidence_variances() }}
    from points

),

reached as (

    select
        cohort_number,
        max(incidence) as chance,
        sum(hazard_variance) as hazard_variance,
        sum(hazard_variance * incidence) as hazard_first,
        sum(hazard_variance * power(incidence, 2)) as hazard_second,
        sum(converting_variance) as converting_variance,
        sum(covariance) as covariance,
        sum(covariance * incidence) as covariance_first
    from varied
    group by cohort_number

),

summed as (

    select
        cohort_number,
        chance,
        power(chance, 2) * hazard_variance
        - 2 * chance * hazard_first
        + hazard_second
        + converting_variance
        - 2 * (chance * covariance - covariance_first) as variance
    from reached

),

chances as (

    select
        places.forecast_at,
        places.pipeline_code,
        places.stage_code,
        places.segment_code,
        places.patience_count,
        places.cohort_number,
        counted.members_count,
        counted.outcomes_count,
        summed.chance,
        summed.variance
    from {{ touched(ref('int_chance_places')) }} as places
    inner join counted on places.cohort_number = counted.cohort_number
    inner join summed on places.cohort_number = summed.cohort_number
    where counted.outcomes_count >= 30

)

select * from chances
