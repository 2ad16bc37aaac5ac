with gaps as (

    select
        *,
        {{ plus_seconds('ends_at', '-median_seconds_to_win') }} as enter_by_at
    from {{ ref('int_quota_gaps') }}

),

attainment as (

    select
        -- keys
        period_start,
        period_code,
        pipeline_code,
        owner_id,
        team_code,
        metric_code,

        -- numbers
        target_value,
        won_count,
        unvalued_count,
        won_value,
        won_value / nullif(target_value, 0) as attainment_rate,
        remaining_value,
        case when not is_ended then weighted_value end as weighted_value,
        case when not is_ended then undated_value end as undated_value,
        case when not is_ended then weighted_value / nullif(remaining_value, 0) end
            as coverage_rate,
        case when not is_ended then missing_value end as missing_value,
        deal_value,
        win_rate,
        case
            when is_ended then null
            when missing_value = 0 then 0
            else
                cast(
                    ceil(missing_value / nullif(deal_value * win_rate, 0)) as bigint
                )
        end as deals_needed_count,
        median_seconds_to_win,
        p90_seconds_to_win,

        -- dates
        period_end,
        case when not is_ended then enter_by_at end as enter_by_at,

        -- flags
        is_ended,
        case when not is_ended and missing_value > 0 then enter_by_at < as_of end
            as is_too_late

    from gaps

)

select * from attainment
