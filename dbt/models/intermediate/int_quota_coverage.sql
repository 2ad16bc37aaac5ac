-- What tonight's forecast adds to each quota: of deals expected to close before it
-- ends, by the measured probability, else by the one stated. What is due before a quota
-- begins is an earlier one's. Those without an expected close stand beside.
with quotas as (

    select * from {{ ref('int_quotas') }}
    where not is_ended

),

forecasts as (

    select
        forecasts.pipeline_code,
        coalesce(forecasts.owner_id, 'unknown') as owner_id,
        coalesce(owners.team_code, 'unknown') as team_code,
        forecasts.home_amount,
        coalesce(forecasts.measured_probability, forecasts.stated_probability)
            as probability,
        forecasts.expected_close_at
    from {{ ref('int_forecasts') }} as forecasts
    left join {{ ref('dim_owners') }} as owners
        on forecasts.owner_id = owners.owner_id
    where forecasts.is_as_of

),

weighed as (

    select
        quotas.period_start,
        quotas.period_code,
        quotas.pipeline_code,
        quotas.owner_id,
        quotas.team_code,
        quotas.metric_code,
        forecasts.expected_close_at is null as is_undated,
        case quotas.metric_code
            when 'won_count' then forecasts.probability
            else forecasts.probability * forecasts.home_amount
        end as weighted_value
    from quotas
    inner join forecasts
        on quotas.pipeline_code in ('all', forecasts.pipeline_code)
        and quotas.owner_id in ('all', forecasts.owner_id)
        and quotas.team_code in ('all', forecasts.team_code)
        and coalesce(quotas.ends_at > forecasts.expected_close_at, true)
        and (
            quotas.begins_at <= quotas.as_of
            or coalesce(quotas.begins_at <= forecasts.expected_close_at, true)
        )

),

coverage as (

    select
        period_start,
        period_code,
        pipeline_code,
        owner_id,
        team_code,
        metric_code,
        sum(case when not is_undated then weighted_value end) as weighted_value,
        sum(case when is_undated then weighted_value end) as undated_value
    from weighed
    group by
        period_start, period_code, pipeline_code, owner_id, team_code, metric_code

)

select * from coverage
