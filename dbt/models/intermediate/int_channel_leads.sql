-- Leads alike are counted together before each horizon asks what became of them.
with cells as (

    select
        credits.attribution_code,
        credits.channel_code,
        outcomes.cohort_month,
        outcomes.prospecting_code,
        outcomes.is_qualifiable,
        outcomes.is_ended_early,
        outcomes.is_qualified_early,
        outcomes.is_won_early,
        outcomes.qualified_within_days,
        outcomes.won_within_days,
        sum(credits.credit) as leads,
        sum(credits.credit * coalesce(outcomes.touches_count, 0)) as touches,
        sum(case when outcomes.home_amount is null then credits.credit else 0e0 end)
            as unvalued,
        sum(credits.credit * outcomes.home_amount) as won_amount,
        sum(case when credits.touched_at is not null then credits.credit else 0e0 end)
            as timed,
        sum(
            credits.credit
            * {{ seconds_between('credits.touched_at', 'outcomes.won_at') }}
        ) as seconds_to_win,
        min(outcomes.watched_until) as watched_until,
        max(case when outcomes.is_left_truncated then 1 else 0 end) as truncated
    from {{ ref('int_channel_credits') }} as credits
    inner join {{ ref('int_lead_outcomes') }} as outcomes
        on credits.journey_id = outcomes.journey_id
    group by
        credits.attribution_code, credits.channel_code, outcomes.cohort_month,
        outcomes.prospecting_code, outcomes.is_qualifiable, outcomes.is_ended_early,
        outcomes.is_qualified_early, outcomes.is_won_early,
        outcomes.qualified_within_days, outcomes.won_within_days

),

faced as (

    select
        cells.*,
        horizons.horizon_days,
        coalesce(cells.qualified_within_days <= horizons.horizon_days, false)
            as is_qualified,
        coalesce(cells.won_within_days <= horizons.horizon_days, false) as is_won,
        cells.is_qualifiable and not cells.is_ended_early
        and not cells.is_qualified_early as is_qualifying,
        not cells.is_ended_early and not cells.is_won_early as is_converting
    from cells
    cross join {{ ref('int_horizons') }} as horizons

),

counted as (

    select
        attribution_code,
        channel_code,
        cohort_month,
        horizon_days,
        sum(leads) as leads,
        sum(case when is_ended_early then leads else 0e0 end)
            as ended_before_landmark_leads,
        sum(
            case
                when is_qualifiable then case when is_qualified then leads else 0e0 end
            end
        ) as qualified_leads,
        sum(case when is_won then leads else 0e0 end) as customers,
        sum(case when is_won then unvalued else 0e0 end) as unvalued_customers,
        sum(case when is_won then coalesce(won_amount, 0) else 0e0 end) as won_amount,
        sum(case when is_qualified then touches end) as touches_to_qualification,
        sum(case when is_won then timed end) as timed_customers,
        sum(case when is_won then seconds_to_win end) as seconds_to_win,
        sum(case when is_qualifying then leads end) as qualifying_leads,
        sum(case when is_qualifying and is_qualified then leads else 0e0 end)
            as qualified_later_leads,
        {% for kind, condition in {
            'all': 'true', 'cold': "prospecting_code = 'cold'",
            'warm': "prospecting_code = 'warm'",
        }.items() %}
        sum(case when is_converting and {{ condition }} then leads else 0e0 end)
            as {{ kind }}_leads,
        sum(
            case
                when is_converting and is_won and {{ condition }} then leads else 0e0
            end
        ) as {{ kind }}_customers,
        {% endfor %}
        min(watched_until) as watched_until,
        max(truncated) as truncated
    from faced
    group by attribution_code, channel_code, cohort_month, horizon_days

)

select * from counted
