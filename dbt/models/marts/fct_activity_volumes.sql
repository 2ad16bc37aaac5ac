with volumes as (

    select
        -- keys
        months.month,
        months.pipeline_code,
        months.volume_kind,
        months.volume_code,

        -- numbers
        months.volume_count,
        lag(months.volume_count, 1) over in_volume as previous_month_count,
        lag(months.volume_count, 12) over in_volume as year_before_count,
        rates.wins_per_volume,
        rates.wins_per_volume * months.volume_count as expected_wins,
        rates.median_lag_seconds,
        rates.p25_lag_seconds,
        rates.p75_lag_seconds,

        -- flags
        {{ start_of_date(next_month('months.month')) }} <= rates.watched_until
            as is_complete

    from {{ ref('int_volume_months') }} as months
    inner join {{ ref('int_volume_rates') }} as rates
        on months.pipeline_code = rates.pipeline_code
        and months.volume_kind = rates.volume_kind
        and months.volume_code = rates.volume_code
    window in_volume as (
        partition by months.pipeline_code, months.volume_kind, months.volume_code
        order by months.month
    )

)

select * from volumes
