-- Wins per stage entered are the measured chance of winning from there; per activity,
-- wins over what was done the median lag before them. Fewer than 30 measure nothing.
with lags as (

    select * from {{ ref('int_volume_lags') }}

),

chances as (

    select
        chances.pipeline_code,
        chances.stage_code,
        chances.chance,
        chances.members_count
    from {{ ref('int_chances') }} as chances
    inner join lags
        on chances.pipeline_code = lags.pipeline_code
        and chances.stage_code = lags.volume_code
        and lags.volume_kind = 'stage'
        and chances.forecast_at = lags.as_of
    where chances.segment_code = 'all'

),

stage_rates as (

    select pipeline_code, stage_code, chance from chances
    union all
    select
        'all' as pipeline_code,
        stage_code,
        sum(chance * members_count) / sum(members_count) as chance
    from chances
    group by stage_code

),

done as (

    select
        lags.pipeline_code,
        lags.volume_code,
        count(*) as done_count
    from lags
    inner join {{ ref('int_volume_totals') }} as volumes
        on lags.pipeline_code = volumes.pipeline_code
        and lags.volume_kind = volumes.volume_kind
        and lags.volume_code = volumes.volume_code
        and volumes.occurred_at
        >= {{ plus_seconds('lags.counted_from', '-lags.median_lag_seconds') }}
        and volumes.occurred_at
        < {{ plus_seconds('lags.watched_until', '-lags.median_lag_seconds') }}
    where lags.volume_kind = 'activity'
    group by lags.pipeline_code, lags.volume_code

),

wins as (

    select
        lags.pipeline_code,
        lags.volume_code,
        count(*) as wins_count
    from lags
    inner join {{ ref('int_owned_journeys') }} as journeys
        on lags.pipeline_code in ('all', journeys.pipeline_code)
        and lags.counted_from <= journeys.outcome_at
        and lags.watched_until >= journeys.outcome_at
        and journeys.outcome_code = 'won'
    where lags.volume_kind = 'activity'
    group by lags.pipeline_code, lags.volume_code

),

rates as (

    select
        lags.*,
        case
            when lags.volume_kind = 'stage' then stage_rates.chance
            when wins.wins_count >= 30
                then wins.wins_count / cast(done.done_count as double)
        end as wins_per_volume
    from lags
    left join stage_rates
        on lags.pipeline_code = stage_rates.pipeline_code
        and lags.volume_code = stage_rates.stage_code
    left join done
        on lags.pipeline_code = done.pipeline_code
        and lags.volume_code = done.volume_code
    left join wins
        on lags.pipeline_code = wins.pipeline_code
        and lags.volume_code = wins.volume_code

)

select * from rates
