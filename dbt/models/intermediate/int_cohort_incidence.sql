-- Cumulative incidence at each horizon, with its variance by the delta method.
with points as (

    select
        points.*,
        horizons.horizon_days
    from {{ ref('int_incidence_points') }} as points
    inner join {{ ref('int_horizons') }} as horizons
        on points.moment <= horizons.horizon_microseconds

),

ended as (

    select
        *,
        max(incidence) over (
            partition by
                cohort_month, pipeline_code, segment_code, channel_code,
                from_stage_code, to_stage_code, horizon_days
        ) as final_incidence
    from points

),

summed as (

    select
        cohort_month,
        pipeline_code,
        segment_code,
        channel_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        max(final_incidence) as incidence,
        min(survival_after) as survival,
        sum(
            case
                when at_risk_count > ending_count
                    then power(final_incidence - incidence, 2) * ending_count
                        / (at_risk_count * (at_risk_count - ending_count))
                else 0
            end
            + power(survival_before, 2)
            * (at_risk_count - converting_count)
            * converting_count
            / power(at_risk_count, 3)
            - 2 * (final_incidence - incidence) * survival_before * converting_count
            / power(at_risk_count, 2)
        ) as variance
    from ended
    group by
        cohort_month, pipeline_code, segment_code, channel_code,
        from_stage_code, to_stage_code, horizon_days

)

select * from summed
