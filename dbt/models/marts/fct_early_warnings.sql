with warnings as (

    select
        *,
        case when shortfall_share < 0 then ' % over what ' else ' % under what ' end
            as compared_words,
        ': ' || {{ whole_text('actual_count') }}
        || ' of ' || {{ whole_text('due_count') }}
        || ' by '
        || cast({{ reporting_date('counted_until') }} as {{ dbt.type_string() }})
            as count_words,
        case
            when median_lag_seconds is null then ''
            else
                '; a win comes ' || {{ whole_text('median_lag_seconds / 86400') }}
                || ' days later, half of them '
                || {{ whole_text('p25_lag_seconds / 86400') }}
                || ' to ' || {{ whole_text('p75_lag_seconds / 86400') }}
        end as lag_words
    from {{ ref('int_volume_warnings') }}

),

early_warnings as (

    select
        -- keys
        period_start,
        period_code,
        pipeline_code,
        owner_id,
        team_code,
        metric_code,
        volume_kind,
        volume_code,

        -- codes
        volume_name
        || ' ' || {{ whole_text('abs(shortfall_share) * 100') }}
        || compared_words || period_name || ' needs' || count_words || lag_words
            as warning_text,

        -- numbers
        target_value,
        wins_needed,
        wins_per_volume,
        needed_count,
        due_count,
        actual_count,
        shortfall_share,
        median_lag_seconds,
        p25_lag_seconds,
        p75_lag_seconds,

        -- dates
        due_from,
        due_until,
        counted_until,

        -- flags
        due_until <= as_of as is_too_late,
        is_warning

    from warnings

)

select * from early_warnings
