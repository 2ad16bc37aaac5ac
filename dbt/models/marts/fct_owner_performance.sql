with cells as (

    select * from {{ ref('int_owner_cells') }}

),

performance as (

    select
        -- keys
        cells.pipeline_code,
        cells.team_code,
        cells.owner_id,

        -- numbers
        cast(cells.journeys_count as bigint) as journeys_count,
        cast(cells.won_count as bigint) as won_count,
        cast(cells.lost_count as bigint) as lost_count,
        cast(cells.unvalued_count as bigint) as unvalued_count,
        cells.won_amount,
        cast(rates.outcomes_count as bigint) as outcomes_count,
        rates.conversion_rate,
        rates.shrunk_rate,
        cells.median_seconds_to_win,
        cast(cells.open_count as bigint) as open_count,
        cast(cells.stale_count as bigint) as stale_count,
        cells.stale_count / nullif(cast(cells.open_count as double), 0) as stale_share,
        cells.weighted_amount,
        coverage.coverage_rate,

        -- dates
        coverage.period_end as quota_period_end

    from cells
    inner join {{ ref('int_owner_rates') }} as rates
        on cells.cohort_number = rates.cohort_number
    left join {{ ref('int_owner_coverage') }} as coverage
        on cells.pipeline_code = coverage.pipeline_code
        and cells.owner_id = coverage.owner_id
        -- an owner's quota names no team
        and coverage.team_code
        = case when cells.owner_id = 'all' then cells.team_code else 'all' end

)

select * from performance
