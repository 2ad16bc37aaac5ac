-- What a lead cost is not known where a price is not: the rest of the spend would make
-- it too cheap.
with channel_periods as (

    select
        *,
        case when coalesce(unpriced_count, 0) = 0 then spend_amount end as whole_spend
    from {{ ref('int_channel_periods') }}

),

periods as (

    select
        *,
        whole_spend / nullif(leads, 0) as cost_per_lead,
        whole_spend / nullif(qualified_leads, 0) as cost_per_qualified_lead,
        whole_spend / nullif(customers, 0) as cost_per_customer,
        case period_code
            when 'month' then {{ next_month('period_start') }}
            when 'year'
                then cast({{ dbt.dateadd('month', 12, 'period_start') }} as date)
        end as period_end
    from channel_periods

),

runs as (

    select as_of from {{ source('lake', 'runs') }}

),

performance as (

    select
        -- keys
        periods.period_code,
        periods.period_start,
        periods.channel_code,
        periods.attribution_code,
        periods.horizon_days,

        -- numbers
        periods.spend_amount,
        cast(coalesce(periods.unpriced_count, 0) as bigint) as unpriced_count,
        cast(periods.clicks_count as bigint) as clicks_count,
        cast(periods.impressions_count as bigint) as impressions_count,
        coalesce(periods.leads, 0) as leads,
        coalesce(periods.ended_before_landmark_leads, 0) as ended_before_landmark_leads,
        periods.qualified_leads,
        coalesce(periods.customers, 0) as customers,
        coalesce(periods.unvalued_customers, 0) as unvalued_customers,
        coalesce(periods.won_amount, 0) as won_amount,
        periods.cost_per_lead,
        before.cost_per_lead as year_before_cost_per_lead,
        periods.cost_per_qualified_lead,
        before.cost_per_qualified_lead as year_before_cost_per_qualified_lead,
        periods.cost_per_customer,
        before.cost_per_customer as year_before_cost_per_customer,
        case
            when coalesce(periods.unvalued_customers, 0) = 0
                then
                    (coalesce(periods.won_amount, 0) - periods.whole_spend)
                    / nullif(periods.whole_spend, 0)
        end as return_on_spend,
        periods.qualified_later_leads / nullif(periods.qualifying_leads, 0)
            as qualified_rate,
        periods.all_customers / nullif(periods.all_leads, 0) as conversion_rate,
        coalesce(periods.cold_leads, 0) as cold_leads,
        periods.cold_customers / nullif(periods.cold_leads, 0) as cold_conversion_rate,
        coalesce(periods.warm_leads, 0) as warm_leads,
        periods.warm_customers / nullif(periods.warm_leads, 0) as warm_conversion_rate,
        periods.touches_to_qualification / nullif(periods.qualified_leads, 0)
            as mean_touches_to_qualification,
        periods.seconds_to_win / nullif(periods.timed_customers, 0)
            as mean_seconds_to_win,

        -- flags
        not periods.is_left_truncated
        and coalesce(
            {{ start_of_date(plus_days('periods.period_end', 'periods.horizon_days')) }}
            <= coalesce(periods.watched_until, runs.as_of),
            false
        ) as is_mature

    from periods
    cross join runs
    left join periods as before
        on periods.period_code = before.period_code
        and periods.channel_code = before.channel_code
        and periods.attribution_code = before.attribution_code
        and periods.horizon_days = before.horizon_days
        and periods.period_start
        = cast({{ dbt.dateadd('month', 12, 'before.period_start') }} as date)

)

select * from performance
