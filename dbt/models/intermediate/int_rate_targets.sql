-- Of a whole pipeline: nobody sets them by segment or channel.
with targets as (

    select
        cast(period_start as date) as period_start,
        {{ period_end('period_code', 'period_start') }} as period_end,
        coalesce(pipeline_code, 'all') as pipeline_code,
        'all' as segment_code,
        'all' as channel_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        target_value
    from {{ ref('targets') }}
    where metric_code = 'conversion_rate' and owner_id is null and team_code is null

)

select * from targets
