-- A change of one value leaves the others as they were; one that was taken back is an
-- empty text until the end, since max_by passes over what is null.
with changes as (

    select
        source_code,
        deal_id,
        changed_at,
        max(case when field_code = 'amount' then coalesce(value, '') end) as amount,
        max(case when field_code = 'currency_code' then coalesce(value, '') end)
            as currency_code,
        max(case when field_code = 'probability' then coalesce(value, '') end)
            as probability
    from {{ ref('int_deal_changes') }}
    where field_code in ('amount', 'currency_code', 'probability')
    group by source_code, deal_id, changed_at

),

carried as (

    select
        source_code,
        deal_id,
        changed_at as held_from,
        lead(changed_at) over (
            partition by source_code, deal_id order by changed_at
        ) as held_until,
        max_by(amount, case when amount is not null then changed_at end)
            over so_far as amount,
        max_by(
            currency_code, case when currency_code is not null then changed_at end
        ) over so_far as currency_code,
        max_by(probability, case when probability is not null then changed_at end)
            over so_far as probability
    from changes
    window so_far as (partition by source_code, deal_id order by changed_at)

),

held as (

    select
        source_code,
        deal_id,
        held_from,
        held_until,
        {{ try_cast('amount', 'double') }} as amount,
        nullif(currency_code, '') as currency_code,
        {{ try_cast('probability', 'double') }} as probability
    from carried

)

select * from held
