-- The chance of winning as far as anybody was followed, losses and transfers competing,
-- and its variance. Fewer than 30 outcomes measure nothing.
with points as (

    select
        *,
        max(incidence) over (partition by cohort_number) as chance,
        {{ incidence_variances() }}
    from {{ ref('int_chance_points') }}

),

summed as (

    select
        cohort_number,
        max(chance) as chance,
        sum(power(chance - incidence, 2) * hazard_variance)
        + sum(converting_variance)
        - 2 * sum((chance - incidence) * covariance) as variance
    from points
    group by cohort_number

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
