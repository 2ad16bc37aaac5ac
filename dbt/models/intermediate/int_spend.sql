-- Spend as it was last told, in home currency by the rate of its day.
with versions as (

    {{ union_sources('spend') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_code, spend_date, channel, campaign, keyword, region
            order by known_at desc, source_file desc, source_row desc
        ) as recency
    from versions
    where spend_date is not null

),

priced as (

    select
        ranked.source_code,
        ranked.spend_date,
        case
            when ranked.channel is null then 'unknown'
            else coalesce(channels.channel_code, 'unmapped')
        end as channel_code,
        ranked.campaign,
        ranked.keyword,
        ranked.region,
        ranked.amount * rates.home_rate as home_amount,
        ranked.clicks,
        ranked.impressions
    from ranked
    left join {{ ref('channels') }} as channels
        on ranked.source_code = channels.source_code
        and ranked.channel = channels.source_channel
    left join {{ ref('int_rates') }} as rates
        on coalesce(ranked.currency_code, {{ home_currency() }}) = rates.currency_code
        and ranked.spend_date >= rates.held_from
        and ranked.spend_date < rates.held_to
    where ranked.recency = 1

)

select * from priced
