-- Shares and values are of customers watched to the horizon: the young have not had the
-- time. Months and pipelines are told once each and once in all.
with followups as (

    select
        followups.*,
        {{ reporting_month('followups.purchased_at') }} as first_month,
        followups.watched_for >= horizons.horizon_microseconds as is_watched,
        followups.watched_for >= horizons.horizon_microseconds
        and coalesce(followups.followed_after <= horizons.horizon_microseconds, false)
            as is_followed,
        later.later_count,
        later.unvalued_count,
        later.later_amount,
        horizons.horizon_days
    from {{ ref('int_customer_followups') }} as followups
    cross join {{ ref('int_horizons') }} as horizons
    left join {{ ref('int_later_purchases') }} as later
        on followups.customer_id = later.customer_id
        and horizons.horizon_days = later.horizon_days

),

members as (

    select
        chosen.is_all_months,
        chosen.is_all_pipelines
    from (
        values (0, 0), (0, 1), (1, 0), (1, 1)
    ) as chosen (is_all_months, is_all_pipelines)

),

placed as (

    select
        followups.*,
        case when members.is_all_months = 0 then followups.first_month end
            as purchase_month,
        case
            when members.is_all_pipelines = 1 then 'all' else followups.pipeline_code
        end as pipeline_member_code
    from followups
    cross join members

),

customer_value as (

    select
        -- keys
        purchase_month,
        pipeline_member_code as pipeline_code,
        followup_kind_code,
        followup_code,
        cast(horizon_days as integer) as horizon_days,

        -- numbers
        count(*) as customers_count,
        count(case when is_watched then 1 end) as watched_count,
        count(case when is_followed then 1 end) as followed_count,
        count(case when is_followed then 1 end)
        / cast(nullif(count(case when is_watched then 1 end), 0) as double)
            as followed_rate,
        {{ wilson_low(
            'count(case when is_followed then 1 end)',
            'count(case when is_watched then 1 end)'
        ) }} as followed_rate_low,
        {{ wilson_high(
            'count(case when is_followed then 1 end)',
            'count(case when is_watched then 1 end)'
        ) }} as followed_rate_high,
        percentile_cont(0.5) within group (
            order by case when is_followed then followed_after / 1e6 end
        ) as median_seconds_to_follow,
        count(case when is_watched and home_amount is null then 1 end)
        + cast(
            coalesce(sum(case when is_watched then unvalued_count end), 0) as bigint
        ) as unvalued_count,
        cast(
            coalesce(sum(case when is_watched then later_count end), 0) as bigint
        ) as later_purchases_count,
        sum(case when is_watched then home_amount end) as first_amount,
        sum(case when is_watched then later_amount end) as later_amount,
        (
            sum(case when is_watched then coalesce(home_amount, 0) end)
            + sum(case when is_watched then coalesce(later_amount, 0) end)
        ) / cast(nullif(count(case when is_watched then 1 end), 0) as double)
            as mean_customer_amount

    from placed
    group by
        purchase_month, pipeline_member_code, followup_kind_code, followup_code,
        horizon_days

)

select * from customer_value
