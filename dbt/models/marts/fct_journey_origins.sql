with counts as (

    select * from {{ ref('int_origin_counts') }}

),

wins as (

    select
        origins.pipeline_code,
        origins.origin_code,
        count(*) as won_count,
        count(*) - count(amounts.home_amount) as unvalued_count,
        sum(amounts.home_amount) as won_amount
    from {{ ref('int_journey_origins') }} as origins
    inner join {{ ref('int_journeys') }} as journeys
        on origins.journey_id = journeys.journey_id
        and journeys.outcome_code = 'won'
    inner join {{ ref('int_home_amounts') }} as amounts
        on origins.journey_id = amounts.journey_id
    group by origins.pipeline_code, origins.origin_code

),

named as (

    select
        origin_code,
        min(origin_name) as origin_name,
        max(case when is_brought_by_customers then 1 else 0 end) = 1
            as is_brought_by_customers
    from {{ ref('origins') }}
    group by origin_code

),

origins as (

    select
        -- keys
        counts.pipeline_code,
        counts.origin_code,
        cast(counts.horizon_days as integer) as horizon_days,

        -- codes
        coalesce(named.origin_name, counts.origin_code) as origin_name,

        -- numbers
        counts.journeys_count,
        counts.journeys_count / cast(totals.journeys_count as double)
            as journeys_share,
        counts.ended_before_landmark_count,
        counts.watched_count,
        counts.converted_count,
        counts.converted_count / cast(nullif(counts.watched_count, 0) as double)
            as conversion_rate,
        {{ wilson_low('counts.converted_count', 'counts.watched_count') }}
            as conversion_rate_low,
        {{ wilson_high('counts.converted_count', 'counts.watched_count') }}
            as conversion_rate_high,
        coalesce(wins.won_count, 0) as won_count,
        wins.won_count / cast(all_wins.won_count as double) as won_share,
        coalesce(wins.unvalued_count, 0) as unvalued_count,
        wins.won_amount,
        wins.won_amount / nullif(all_wins.won_amount, 0) as won_amount_share,

        -- flags
        coalesce(
            named.is_brought_by_customers,
            counts.origin_code in ('customers', 'repeat')
        ) as is_brought_by_customers

    from counts
    inner join counts as totals
        on counts.pipeline_code = totals.pipeline_code
        and counts.horizon_days = totals.horizon_days
        and totals.origin_code = 'all'
    left join wins
        on counts.pipeline_code = wins.pipeline_code
        and counts.origin_code = wins.origin_code
    left join wins as all_wins
        on counts.pipeline_code = all_wins.pipeline_code
        and all_wins.origin_code = 'all'
    left join named on counts.origin_code = named.origin_code

)

select * from origins
