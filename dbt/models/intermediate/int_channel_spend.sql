with runs as (

    select {{ reporting_date('as_of') }} as as_of_date from {{ source('lake', 'runs') }}

),

spend as (

    select
        cast(date_trunc('month', spend.spend_date) as date) as month,
        spend.channel_code,
        sum(spend.home_amount) as spend_amount,
        count(*) - count(spend.home_amount) as unpriced_count,
        cast(sum(spend.clicks) as bigint) as clicks_count,
        cast(sum(spend.impressions) as bigint) as impressions_count
    from {{ ref('int_spend') }} as spend
    inner join runs on spend.spend_date <= runs.as_of_date
    group by
        cast(date_trunc('month', spend.spend_date) as date), spend.channel_code

)

select * from spend
