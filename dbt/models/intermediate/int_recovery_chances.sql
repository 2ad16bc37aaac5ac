-- Of silences that grew so old and were watched for long enough behind it: how many
-- were won back. A stage with fewer than 30 is told by its pipeline, a pipeline with
-- fewer not at all.
with aged as (

    select
        silences.pipeline_code,
        silences.stage_code,
        silences.is_lost,
        ages.silent_days,
        case
            when {{ microseconds('silences.won_at') }}
                - {{ microseconds('silences.began_at') }}
                <= ages.silent_microseconds + {{ recovery_microseconds() }}
                then 1
        end as is_won_back
    from {{ ref('int_watched_silences') }} as silences
    inner join {{ ref('int_silence_ages') }} as ages
        on {{ microseconds('silences.observed_until') }}
        - {{ microseconds('silences.began_at') }}
        >= ages.silent_microseconds + {{ recovery_microseconds() }}
        and coalesce(
            {{ microseconds('silences.ended_at') }}
            - {{ microseconds('silences.began_at') }}
            >= ages.silent_microseconds,
            true
        )

),

cells as (

    select distinct
        silences.pipeline_code,
        silences.stage_code,
        silences.is_lost,
        ages.silent_days
    from {{ ref('int_watched_silences') }} as silences
    cross join {{ ref('int_silence_ages') }} as ages

),

counted as (

    select
        cells.pipeline_code,
        cells.stage_code,
        cells.is_lost,
        cells.silent_days,
        count(aged.silent_days) as silences_count,
        count(aged.is_won_back) as won_back_count
    from cells
    left join aged
        on cells.pipeline_code = aged.pipeline_code
        and cells.stage_code = aged.stage_code
        and cells.is_lost = aged.is_lost
        and cells.silent_days = aged.silent_days
    group by
        cells.pipeline_code, cells.stage_code, cells.is_lost, cells.silent_days

),

pooled as (

    select
        *,
        cast(sum(silences_count) over in_pipeline as bigint)
            as pipeline_silences_count,
        cast(sum(won_back_count) over in_pipeline as bigint)
            as pipeline_won_back_count
    from counted
    window in_pipeline as (partition by pipeline_code, is_lost, silent_days)

),

chances as (

    select
        pipeline_code,
        stage_code,
        is_lost,
        silent_days,
        case
            when silences_count >= 30 then 'stage'
            when pipeline_silences_count >= 30 then 'pipeline'
            else 'too_few'
        end as basis_code,
        case
            when silences_count >= 30 then silences_count else pipeline_silences_count
        end as silences_count,
        case
            when silences_count >= 30 then won_back_count else pipeline_won_back_count
        end as won_back_count
    from pooled

)

select * from chances
