-- Each currency's rate and the dates on which it holds; home is 1 for all time.
with rates as (

    select
        currency_code,
        rate_date as held_from,
        lead(rate_date) over (partition by currency_code order by rate_date) as held_to,
        home_rate
    from {{ ref('fx_rates') }}
    where currency_code <> {{ home_currency() }}

),

held as (

    select
        currency_code,
        held_from,
        coalesce(held_to, date '9999-12-31') as held_to,
        home_rate
    from rates
    union all
    select
        {{ home_currency() }} as currency_code,
        date '0001-01-01' as held_from,
        date '9999-12-31' as held_to,
        1.0 as home_rate

)

select * from held
