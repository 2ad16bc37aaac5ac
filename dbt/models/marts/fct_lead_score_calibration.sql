with counts as (

    select
        *,
        converted_count / cast(nullif(watched_count, 0) as double) as conversion_rate,
        -- bands below, of the same kind
        cast(
            coalesce(sum(converted_count) over below, 0) as bigint
        ) as missed_count,
        cast(
            coalesce(sum(watched_count) over below, 0) as bigint
        ) as watched_below_count
    from {{ ref('int_lead_score_counts') }}
    window below as (
        partition by pipeline_code, horizon_days, band_kind
        order by points_from nulls first
        rows between unbounded preceding and 1 preceding
    )

),

calibration as (

    select
        -- keys
        counts.pipeline_code,
        counts.band_code,
        counts.points_from,
        counts.horizon_days,

        -- numbers
        case
            when counts.band_kind = 'points'
                then counts.points_from + {{ band_points() }}
        end as points_to,
        counts.journeys_count,
        counts.ended_before_landmark_count,
        counts.watched_count,
        counts.converted_count,
        counts.conversion_rate,
        {{ wilson_low('counts.converted_count', 'counts.watched_count') }}
            as conversion_rate_low,
        {{ wilson_high('counts.converted_count', 'counts.watched_count') }}
            as conversion_rate_high,
        counts.conversion_rate / nullif(totals.conversion_rate, 0) as lift,
        counts.missed_count,
        counts.missed_count / cast(nullif(totals.converted_count, 0) as double)
            as missed_share,
        (totals.watched_count - counts.watched_below_count)
        / cast(nullif(totals.watched_count, 0) as double) as passed_share

    from counts
    inner join counts as totals
        on counts.pipeline_code = totals.pipeline_code
        and counts.horizon_days = totals.horizon_days
        and totals.band_kind = 'all'

)

select * from calibration
