-- What a quota lacks after wins and weighted coverage, and what one more win brings.
with gaps as (

    select
        quotas.*,
        cast(coalesce(wins.won_count, 0) as bigint) as won_count,
        cast(coalesce(wins.unvalued_count, 0) as bigint) as unvalued_count,
        case quotas.metric_code
            when 'won_count' then cast(coalesce(wins.won_count, 0) as double)
            else coalesce(wins.won_amount, 0)
        end as won_value,
        coalesce(coverage.weighted_value, 0) as weighted_value,
        coalesce(coverage.undated_value, 0) as undated_value,
        case quotas.metric_code when 'won_count' then 1e0 else sizes.mean_amount end
            as deal_value,
        entries.chance as win_rate,
        sizes.median_seconds_to_win,
        sizes.p90_seconds_to_win
    from {{ ref('int_quotas') }} as quotas
    left join {{ ref('int_quota_wins') }} as wins
        on quotas.period_start = wins.period_start
        and quotas.period_code = wins.period_code
        and quotas.pipeline_code = wins.pipeline_code
        and quotas.owner_id = wins.owner_id
        and quotas.team_code = wins.team_code
        and quotas.metric_code = wins.metric_code
    left join {{ ref('int_quota_coverage') }} as coverage
        on quotas.period_start = coverage.period_start
        and quotas.period_code = coverage.period_code
        and quotas.pipeline_code = coverage.pipeline_code
        and quotas.owner_id = coverage.owner_id
        and quotas.team_code = coverage.team_code
        and quotas.metric_code = coverage.metric_code
    left join {{ ref('int_win_sizes') }} as sizes
        on quotas.pipeline_code = sizes.pipeline_code
    left join {{ ref('int_entry_chances') }} as entries
        on quotas.pipeline_code = entries.pipeline_code

),

lacking as (

    select
        *,
        greatest(target_value - won_value, 0) as remaining_value,
        greatest(target_value - won_value - weighted_value, 0) as missing_value
    from gaps

)

select * from lacking
