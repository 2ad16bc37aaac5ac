-- Of a whole pipeline: nobody sets them by segment or channel. A month has one of a
-- rate: that of the month stands before that of its quarter, and a later quarter's
-- before an earlier one's.
with targets as (

    select
        period_code,
        cast(period_start as date) as period_start,
        {{ period_end('period_code', 'period_start') }} as period_end,
        coalesce(pipeline_code, 'all') as pipeline_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        target_value
    from {{ ref('targets') }}
    where metric_code = 'conversion_rate' and owner_id is null and team_code is null

),

months as (

    {% for months_count in range(4) %}
    select
        *,
        cast(
            date_trunc(
                'month', {{ dbt.dateadd('month', months_count, 'period_start') }}
            ) as date
        ) as cohort_month
    from targets
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by
                cohort_month, pipeline_code, from_stage_code, to_stage_code,
                horizon_days
            order by
                case when period_code = 'month' then 0 else 1 end, period_start desc
        ) as place
    from months
    where cohort_month >= period_start and cohort_month < period_end

),

rate_targets as (

    select
        cohort_month,
        pipeline_code,
        'all' as segment_code,
        'all' as channel_code,
        from_stage_code,
        to_stage_code,
        horizon_days,
        target_value
    from ranked
    where place = 1

)

select * from rate_targets
