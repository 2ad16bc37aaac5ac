-- How many a quota needs, and when: a median lag before its period. Targets of volumes
-- themselves need what they say, in their own period. What was due after the volume was
-- watched nobody can miss.
with quotas as (

    select * from {{ ref('int_quota_gaps') }}
    where not is_ended

),

indirect as (

    select
        quotas.period_start, quotas.period_code, quotas.pipeline_code, quotas.owner_id,
        quotas.team_code, quotas.metric_code,
        rates.volume_kind, rates.volume_code,
        quotas.target_value,
        quotas.target_value / nullif(quotas.deal_value, 0) as wins_needed,
        rates.wins_per_volume,
        quotas.target_value
        / nullif(quotas.deal_value, 0)
        / nullif(rates.wins_per_volume, 0) as needed_count,
        rates.p25_lag_seconds, rates.median_lag_seconds, rates.p75_lag_seconds,
        {{ plus_seconds('quotas.begins_at', '-rates.median_lag_seconds') }} as due_from,
        {{ plus_seconds('quotas.ends_at', '-rates.median_lag_seconds') }} as due_until,
        quotas.as_of, rates.watched_until
    from quotas
    inner join {{ ref('int_volume_rates') }} as rates
        on quotas.pipeline_code = rates.pipeline_code
    where rates.median_lag_seconds is not null

),

stated as (

    select
        *,
        coalesce(pipeline_code, 'all') as whose_pipeline_code,
        case when metric_code = 'entered_count' then 'stage' else 'activity' end
            as volume_kind,
        case
            when metric_code = 'entered_count' then to_stage_code
            else substr(metric_code, 1, length(metric_code) - length('_count'))
        end as volume_code
    from {{ ref('targets') }}
    where metric_code like '%!_count' escape '!' and metric_code <> 'won_count'

),

-- of what nobody has ever told there is nothing to say
direct as (

    select
        stated.period_start,
        stated.period_code,
        stated.whose_pipeline_code as pipeline_code,
        coalesce(stated.owner_id, 'all') as owner_id,
        coalesce(stated.team_code, 'all') as team_code,
        stated.metric_code, stated.volume_kind, stated.volume_code,
        stated.target_value,
        cast(null as double) as wins_needed,
        cast(null as double) as wins_per_volume,
        stated.target_value as needed_count,
        cast(null as double) as p25_lag_seconds,
        cast(null as double) as median_lag_seconds,
        cast(null as double) as p75_lag_seconds,
        {{ start_of_date('stated.period_start') }} as due_from,
        {{ start_of_date(period_end('stated.period_code', 'stated.period_start')) }}
            as due_until,
        rates.as_of, rates.watched_until
    from stated
    inner join {{ ref('int_volume_rates') }} as rates
        on stated.whose_pipeline_code = rates.pipeline_code
        and stated.volume_kind = rates.volume_kind
        and stated.volume_code = rates.volume_code

),

needs as (

    select * from indirect
    union all
    select * from direct
    where due_until > as_of

),

begun as (

    select
        *,
        least(due_until, watched_until) as counted_until,
        {{ seconds_between('due_from', 'least(due_until, watched_until)') }}
        / {{ seconds_between('due_from', 'due_until') }} as due_share
    from needs
    where due_from < watched_until

)

select * from begun
