with quotas as (

    select * from {{ ref('int_quotas') }}

),

wins as (

    select
        *,
        {{ reporting_date('outcome_at') }} as won_date
    from {{ ref('int_owned_journeys') }}
    where outcome_code = 'won'

),

won as (

    select
        quotas.period_start,
        quotas.period_code,
        quotas.pipeline_code,
        quotas.owner_id,
        quotas.team_code,
        quotas.metric_code,
        count(*) as won_count,
        count(*) - count(wins.home_amount) as unvalued_count,
        sum(wins.home_amount) as won_amount
    from quotas
    inner join wins
        on quotas.pipeline_code in ('all', wins.pipeline_code)
        and quotas.owner_id in ('all', wins.owner_id)
        and quotas.team_code in ('all', wins.team_code)
        and quotas.period_start <= wins.won_date
        and quotas.period_end > wins.won_date
    group by
        quotas.period_start, quotas.period_code, quotas.pipeline_code,
        quotas.owner_id, quotas.team_code, quotas.metric_code

)

select * from won
