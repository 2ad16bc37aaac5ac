-- Of each owner's and team's own quotas that go on, the one that ends first.
with quotas as (

    select
        pipeline_code,
        team_code,
        owner_id,
        remaining_value,
        weighted_value,
        period_end
    from {{ ref('int_quota_gaps') }}
    where metric_code = 'won_amount' and not is_ended and begins_at <= as_of

),

chosen as (

    select
        *,
        row_number() over (
            partition by pipeline_code, team_code, owner_id
            order by period_end, remaining_value
        ) as place
    from quotas

),

coverage as (

    select
        pipeline_code,
        team_code,
        owner_id,
        period_end,
        weighted_value / nullif(remaining_value, 0) as coverage_rate
    from chosen
    where place = 1

)

select * from coverage
