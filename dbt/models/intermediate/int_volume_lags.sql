-- How long before the wins of the last year their stages and activities lay, since
-- when activities are known; and until when: as far as all their sources were
-- watched. A source that ended more than a year ago is over, not late.
with volumes as (

    select * from {{ ref('int_volume_totals') }}

),

runs as (

    select as_of from {{ source('lake', 'runs') }}

),

timed as (

    select
        volumes.*,
        runs.as_of,
        {{ plus_seconds('runs.as_of', '-365 * 86400') }} as year_from,
        {{ seconds_between('volumes.occurred_at', 'volumes.won_at') }} as lag_seconds
    from volumes
    cross join runs

),

known as (

    select
        pipeline_code,
        volume_kind,
        volume_code,
        min(as_of) as as_of,
        min(year_from) as year_from,
        min(occurred_at) as first_at,
        coalesce(
            min(case when observed_until >= year_from then observed_until end),
            max(observed_until)
        ) as watched_until
    from timed
    group by pipeline_code, volume_kind, volume_code

),

measured as (

    select
        pipeline_code,
        volume_kind,
        volume_code,
        count(*) as lags_count,
        percentile_cont(0.25) within group (order by lag_seconds) as p25_lag_seconds,
        percentile_cont(0.5) within group (order by lag_seconds) as median_lag_seconds,
        percentile_cont(0.75) within group (order by lag_seconds) as p75_lag_seconds
    from timed
    where won_at >= year_from
    group by pipeline_code, volume_kind, volume_code

),

lags as (

    select
        known.*,
        measured.lags_count,
        measured.p25_lag_seconds,
        measured.median_lag_seconds,
        measured.p75_lag_seconds,
        greatest(
            known.year_from,
            {{ plus_seconds('known.first_at', 'measured.median_lag_seconds') }}
        ) as counted_from
    from known
    left join measured
        on known.pipeline_code = measured.pipeline_code
        and known.volume_kind = measured.volume_kind
        and known.volume_code = measured.volume_code

)

select * from lags
