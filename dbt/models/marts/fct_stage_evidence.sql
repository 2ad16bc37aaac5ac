with counts as (

    select * from {{ ref('int_evidence_counts') }}

),

lags as (

    select
        pipeline_code,
        stage_code,
        owner_id,
        evidence_code,
        percentile_cont(0.5) within group (order by lag_seconds) as median_lag_seconds
    from {{ ref('int_evidence_clocks') }}
    where lag_seconds is not null
    group by pipeline_code, stage_code, owner_id, evidence_code

),

evidence as (

    select
        -- keys
        counts.pipeline_code,
        counts.stage_code,
        counts.owner_id,
        counts.evidence_code,
        counts.horizon_days,

        -- numbers
        counts.journeys_count,
        counts.ended_before_landmark_count,
        counts.watched_count,
        counts.converted_count,
        counts.converted_count
        / cast(nullif(counts.watched_count, 0) as double) as conversion_rate,
        {{ wilson_low('counts.converted_count', 'counts.watched_count') }}
            as conversion_rate_low,
        {{ wilson_high('counts.converted_count', 'counts.watched_count') }}
            as conversion_rate_high,
        lags.median_lag_seconds

    from counts
    left join lags
        on counts.pipeline_code = lags.pipeline_code
        and counts.stage_code = lags.stage_code
        and counts.owner_id = lags.owner_id
        and counts.evidence_code = lags.evidence_code

)

select * from evidence
