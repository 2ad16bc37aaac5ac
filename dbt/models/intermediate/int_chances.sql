-- The chance of winning as far as anybody was followed, losses and transfers competing,
-- and its variance: sums of (F - F(t))^2 and of F - F(t) are multiplied out, as in
-- int_cohort_incidence. Fewer than 30 outcomes measure nothing.
with points as (

    select
        *,
        {{ incidence_variances() }}
    from {{ ref('int_chance_points') }}

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
    from points
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
        cells.forecast_at,
        cells.pipeline_code,
        cells.stage_code,
        cells.segment_code,
        cells.patience_count,
        cells.cohort_number,
        cells.members_count,
        cells.outcomes_count,
        summed.chance,
        summed.variance
    from {{ ref('int_chance_cells') }} as cells
    inner join summed on cells.cohort_number = summed.cohort_number
    where cells.outcomes_count >= 30

)

select * from chances
