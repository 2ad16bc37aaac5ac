-- Leads and spend of months, years and all time, of each channel and all of them. What
-- was spent is the same whichever way and horizon leads are counted by.
{% set lead_sums = [
    'leads', 'ended_before_landmark_leads', 'qualified_leads', 'customers',
    'unvalued_customers', 'won_amount', 'touches_to_qualification', 'timed_customers',
    'seconds_to_win', 'qualifying_leads', 'qualified_later_leads', 'all_leads',
    'all_customers', 'cold_leads', 'cold_customers', 'warm_leads', 'warm_customers',
] %}
{% set spend_sums = [
    'spend_amount', 'unpriced_count', 'clicks_count', 'impressions_count',
] %}
with months as (

    select
        cohort_month as month,
        channel_code,
        attribution_code,
        horizon_days,
        {{ lead_sums | join(', ') }},
        {% for column in spend_sums %}
        cast(null as double) as {{ column }},
        {% endfor %}
        watched_until,
        truncated
    from {{ ref('int_channel_leads') }}
    union all
    select
        spend.month,
        spend.channel_code,
        attributions.attribution_code,
        horizons.horizon_days,
        {% for column in lead_sums %}
        cast(null as double) as {{ column }},
        {% endfor %}
        {% for column in spend_sums %}
        cast(spend.{{ column }} as double) as {{ column }},
        {% endfor %}
        cast(null as {{ dbt.type_timestamp() }}) as watched_until,
        0 as truncated
    from {{ ref('int_channel_spend') }} as spend
    cross join {{ ref('int_attributions') }} as attributions
    cross join {{ ref('int_horizons') }} as horizons

),

members as (

    select chosen.period_code, chosen.is_all_channels
    from (
        values
        ('month', 0), ('month', 1), ('year', 0), ('year', 1), ('all', 0), ('all', 1)
    ) as chosen (period_code, is_all_channels)

),

placed as (

    select
        months.*,
        members.period_code,
        case members.period_code
            when 'month' then months.month
            when 'year' then cast(date_trunc('year', months.month) as date)
        end as period_start,
        case when members.is_all_channels = 1 then 'all' else months.channel_code end
            as member_code
    from months
    cross join members

),

periods as (

    select
        period_code,
        period_start,
        member_code as channel_code,
        attribution_code,
        horizon_days,
        {% for column in lead_sums + spend_sums %}
        sum({{ column }}) as {{ column }},
        {% endfor %}
        min(watched_until) as watched_until,
        max(truncated) = 1 as is_left_truncated
    from placed
    group by period_code, period_start, member_code, attribution_code, horizon_days

)

select * from periods
