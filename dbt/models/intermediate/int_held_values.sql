-- A change of one value leaves the others as they were.
with changes as (

    select
        source_code,
        deal_id,
        changed_at,
        max(case when field_code = 'amount' then value end) as amount,
        max(case when field_code = 'currency_code' then value end) as currency_code,
        max(case when field_code = 'probability' then value end) as probability,
        count(case when field_code = 'amount' then 1 end) as amounts_count,
        count(case when field_code = 'currency_code' then 1 end) as currencies_count,
        count(case when field_code = 'probability' then 1 end) as probabilities_count
    from {{ ref('int_deal_changes') }}
    where field_code in ('amount', 'currency_code', 'probability')
    group by source_code, deal_id, changed_at

),

values_held as (

    select
        *,
        sum(amounts_count) over so_far as amounts_so_far,
        sum(currencies_count) over so_far as currencies_so_far,
        sum(probabilities_count) over so_far as probabilities_so_far,
        lead(changed_at) over (
            partition by source_code, deal_id order by changed_at
        ) as held_until
    from changes
    window so_far as (partition by source_code, deal_id order by changed_at)

),

carried as (

    select
        source_code,
        deal_id,
        changed_at as held_from,
        held_until,
        max({{ try_cast('amount', 'double') }}) over (
            partition by source_code, deal_id, amounts_so_far
        ) as amount,
        max(currency_code) over (
            partition by source_code, deal_id, currencies_so_far
        ) as currency_code,
        max({{ try_cast('probability', 'double') }}) over (
            partition by source_code, deal_id, probabilities_so_far
        ) as probability
    from values_held

)

select * from carried
