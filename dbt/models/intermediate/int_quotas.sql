-- What is to be won in a month or quarter; a pipeline, owner or team left empty is all.
with runs as (

    select as_of from {{ source('lake', 'runs') }}

),

quotas as (

    select
        targets.period_code,
        targets.metric_code,
        coalesce(targets.pipeline_code, 'all') as pipeline_code,
        coalesce({{ record_key('targets.owner_id') }}, 'all') as owner_id,
        coalesce(targets.team_code, 'all') as team_code,
        targets.target_value,
        targets.period_start,
        {{ period_end('targets.period_code', 'targets.period_start') }} as period_end,
        runs.as_of
    from {{ ref('targets') }} as targets
    cross join runs
    where targets.metric_code in ('won_amount', 'won_count')

),

timed as (

    select
        *,
        {{ start_of_date('period_start') }} as begins_at,
        {{ start_of_date('period_end') }} as ends_at,
        {{ start_of_date('period_end') }} <= as_of as is_ended
    from quotas

)

select * from timed
