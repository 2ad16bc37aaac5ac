-- Stays cut where amount, currency or probability changed, the deal's or, where it
-- states none, its stage's in the registry; each piece bears its own.
with stays as (

    select * from {{ ref('int_stays') }}
    where not is_lost and not is_won

),

registry as (

    select
        pipeline_code,
        stage_code,
        probability,
        case
            when order_held_from > date '0001-01-01'
                then {{ start_of_date('order_held_from') }}
        end as held_from,
        case
            when order_held_to < date '9999-12-31'
                then {{ start_of_date('order_held_to') }}
        end as held_until
    from {{ ref('int_stages') }}

),

cut as (

    select
        stays.*,
        greatest(stays.began_at, carried.held_from, registry.held_from)
            as piece_began_at,
        least(stays.ended_at, carried.held_until, registry.held_until)
            as piece_ended_at,
        cast(carried.amount as decimal(38, 6)) as amount,
        carried.currency_code,
        coalesce(carried.probability, registry.probability) as probability
    from stays
    inner join {{ ref('int_held_values') }} as carried
        on stays.source_code = carried.source_code
        and stays.deal_id = carried.deal_id
        and (carried.held_until is null or stays.began_at < carried.held_until)
        and (stays.ended_at is null or stays.ended_at > carried.held_from)
    left join registry
        on stays.pipeline_code = registry.pipeline_code
        and stays.stage_code = registry.stage_code
        and greatest(stays.began_at, carried.held_from)
        < coalesce(registry.held_until, timestamp '9999-12-31 00:00:00')
        and coalesce(
            least(stays.ended_at, carried.held_until), timestamp '9999-12-31 00:00:00'
        ) > coalesce(registry.held_from, timestamp '0001-01-01 00:00:00')
    where carried.amount is not null

)

select * from cut
