-- The registry; a retired stage keeps its last order until it is registered anew.
with registered as (

    select * from {{ ref('stages') }}

),

dated as (

    select
        *,
        coalesce(valid_from, date '0001-01-01') as held_from,
        coalesce(valid_to, date '9999-12-31') as held_to,
        outcome_code = 'won' as is_won,
        outcome_code = 'lost' as is_lost,
        stale_after_days * 86400 as stale_after_seconds
    from registered

),

held as (

    select
        *,
        case
            when lag(held_from) over in_stage is null then date '0001-01-01'
            else held_from
        end as order_held_from,
        coalesce(lead(held_from) over in_stage, date '9999-12-31') as order_held_to
    from dated
    window in_stage as (partition by pipeline_code, stage_code order by held_from)

)

select * from held
