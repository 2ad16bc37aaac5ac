-- What an owner's, a team's and all journeys came to, and what is open tonight.
with totals as (

    select
        totals.*,
        forecasts.journey_id is not null as is_open,
        coalesce(forecasts.patience_count, 0) > 0 as is_stale,
        forecasts.home_amount
        * coalesce(forecasts.measured_probability, forecasts.stated_probability)
            as weighted_amount
    from {{ ref('int_owner_totals') }} as totals
    left join {{ ref('int_forecasts') }} as forecasts
        on totals.journey_id = forecasts.journey_id
        and forecasts.is_as_of

),

summed as (

    select
        pipeline_code,
        team_code,
        owner_id,
        count(*) as journeys_count,
        count(case when outcome_code = 'won' then 1 end) as won_count,
        count(case when outcome_code = 'lost' then 1 end) as lost_count,
        count(case when is_open then 1 end) as open_count,
        count(case when is_stale then 1 end) as stale_count,
        count(case when outcome_code = 'won' and home_amount is null then 1 end)
            as unvalued_count,
        sum(case when outcome_code = 'won' then home_amount end) as won_amount,
        sum(weighted_amount) as weighted_amount,
        percentile_cont(0.5) within group (
            order by case when outcome_code = 'won' then seconds_to_outcome end
        ) as median_seconds_to_win
    from totals
    group by pipeline_code, team_code, owner_id

),

cells as (

    select
        *,
        row_number() over (order by pipeline_code, team_code, owner_id)
            as cohort_number
    from summed

)

select * from cells
