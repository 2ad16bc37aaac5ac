with differences as (

    select
        *,
        coalesce(
            treated_count = treated_watched_count
            and compared_count = compared_watched_count
            and treated_watched_until >= {{ plus_seconds(
                start_of_date('ended_on'), 'horizon_days * 86400'
            ) }}
            and compared_watched_until >= {{ plus_seconds(
                start_of_date('compared_to'), 'horizon_days * 86400'
            ) }},
            false
        ) as is_mature
    from {{ ref('int_experiment_differences') }}

),

results as (

    select
        -- keys
        experiment_code,
        comparison_code,

        -- numbers
        treated_count,
        treated_watched_count,
        treated_converted_count,
        treated_rate,
        compared_count,
        compared_watched_count,
        compared_converted_count,
        compared_rate,
        difference,
        difference - reach_down as difference_low,
        difference + reach_up as difference_high,
        case when z_score is not null then {{ normal_two_sided_tail('z_score') }} end
            as p_value,
        detectable_difference,
        case
            when power_score >= 0
                then 1 - {{ normal_two_sided_tail('power_score') }} / 2
            when power_score < 0 then {{ normal_two_sided_tail('power_score') }} / 2
        end as power_rate,

        -- judgement
        is_mature,
        case
            when treated_watched_count = 0 or compared_watched_count = 0 then 'nobody'
            when not is_mature then 'not_mature'
            when least_cell_count < 5 then 'too_few'
        end as warning_code,

        -- dates
        compared_from,
        compared_to

    from differences

)

select * from results
