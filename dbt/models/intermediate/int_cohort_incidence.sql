-- Cumulative incidence F at each horizon, with its variance by the delta method:
-- sums of (F - F(t))^2 and of F - F(t) are multiplied out, so that a moment is read
-- once, whatever the number of horizons.
with horizons as (

    select
        *,
        -- before the first horizon lies all of time, moments before the clock included
        lag(horizon_microseconds, 1, -1000000000000000000) over (
            order by horizon_microseconds
        ) as after_microseconds
    from {{ ref('int_horizons') }}

),

points as (

    select
        *,
        {{ incidence_variances() }}
    from {{ ref('int_incidence_points') }}

),

spans as (

    select
        points.cohort_number,
        horizons.horizon_microseconds,
        max(points.incidence) as incidence,
        min(points.survival_after) as survival,
        sum(points.hazard_variance) as hazard_variance,
        sum(points.hazard_variance * points.incidence) as hazard_first,
        sum(points.hazard_variance * power(points.incidence, 2)) as hazard_second,
        sum(points.converting_variance) as converting_variance,
        sum(points.covariance) as covariance,
        sum(points.covariance * points.incidence) as covariance_first
    from points
    inner join horizons
        on points.moment <= horizons.horizon_microseconds
        and points.moment > horizons.after_microseconds
    group by points.cohort_number, horizons.horizon_microseconds

),

reached as (

    select
        spans.cohort_number,
        horizons.horizon_days,
        max(spans.incidence) as incidence,
        min(spans.survival) as survival,
        sum(spans.hazard_variance) as hazard_variance,
        sum(spans.hazard_first) as hazard_first,
        sum(spans.hazard_second) as hazard_second,
        sum(spans.converting_variance) as converting_variance,
        sum(spans.covariance) as covariance,
        sum(spans.covariance_first) as covariance_first
    from spans
    inner join horizons on spans.horizon_microseconds <= horizons.horizon_microseconds
    group by spans.cohort_number, horizons.horizon_days

),

summed as (

    select
        cohort_number,
        horizon_days,
        incidence,
        survival,
        power(incidence, 2) * hazard_variance
        - 2 * incidence * hazard_first
        + hazard_second
        + converting_variance
        - 2 * (incidence * covariance - covariance_first) as variance
    from reached

)

select * from summed
