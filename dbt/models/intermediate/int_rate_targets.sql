with targets as (

    select
        cast(period_start as date) as period_start,
        cast(
            case period_code
                when 'quarter' then {{ dbt.dateadd('month', 3, 'period_start') }}
                else {{ dbt.dateadd('month', 1, 'period_start') }}
            end as date
        ) as period_end,
        coalesce(pipeline_code, 'all') as pipeline_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        target_value
    from {{ ref('targets') }}
    where metric_code = 'conversion_rate' and owner_id is null and team_code is null

)

select * from targets
