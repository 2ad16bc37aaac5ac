-- The two shares beside each other, by Newcombe's interval (from Wilson's of each), and
-- what so many journeys could have shown: 80 % power at 5 %.
with counts as (

    select
        *,
        converted_count / cast(nullif(watched_count, 0) as double) as rate,
        {{ wilson_low('converted_count', 'watched_count') }} as rate_low,
        {{ wilson_high('converted_count', 'watched_count') }} as rate_high,
        least(converted_count, watched_count - converted_count) as least_cell_count
    from {{ ref('int_experiment_counts') }}

),

paired as (

    select
        treated.experiment_code,
        treated.comparison_code,
        treated.horizon_days,
        treated.expected_difference,
        treated.ended_on,
        treated.journeys_count as treated_count,
        treated.watched_count as treated_watched_count,
        treated.converted_count as treated_converted_count,
        treated.rate as treated_rate,
        compared.started_on as compared_from,
        compared.ended_on as compared_to,
        compared.journeys_count as compared_count,
        compared.watched_count as compared_watched_count,
        compared.converted_count as compared_converted_count,
        compared.rate as compared_rate,
        -- an arm of nobody was watched for as long as the other
        coalesce(treated.watched_until, compared.watched_until)
            as treated_watched_until,
        coalesce(compared.watched_until, treated.watched_until)
            as compared_watched_until,
        least(treated.least_cell_count, compared.least_cell_count) as least_cell_count,
        treated.rate - compared.rate as difference,
        sqrt(
            power(treated.rate - treated.rate_low, 2)
            + power(compared.rate_high - compared.rate, 2)
        ) as reach_down,
        sqrt(
            power(treated.rate_high - treated.rate, 2)
            + power(compared.rate - compared.rate_low, 2)
        ) as reach_up,
        1 / cast(nullif(treated.watched_count, 0) as double)
        + 1 / cast(nullif(compared.watched_count, 0) as double) as inverse_counts,
        -- least and greatest pass over nulls
        case
            when compared.rate + treated.expected_difference is not null
                then least(1, greatest(0, compared.rate + treated.expected_difference))
        end as expected_rate
    from counts as treated
    inner join counts as compared
        on treated.experiment_code = compared.experiment_code
        and treated.comparison_code = compared.comparison_code
        and treated.is_treated
        and not compared.is_treated

),

scored as (

    select
        *,
        {{ pooled_z_score(
            'treated_converted_count', 'treated_watched_count',
            'compared_converted_count', 'compared_watched_count',
        ) }} as z_score,
        abs(expected_rate - compared_rate) / nullif(
            sqrt(
                expected_rate * (1 - expected_rate) / nullif(treated_watched_count, 0)
                + compared_rate
                * (1 - compared_rate)
                / nullif(compared_watched_count, 0)
            ),
            0
        ) - 1.959963984540054e0 as power_score,
        2.801585218112968e0
        * sqrt(compared_rate * (1 - compared_rate) * inverse_counts)
            as detectable_difference
    from paired

)

select * from scored
