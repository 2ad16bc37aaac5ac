-- Wins that were counted before and are worth another amount now.
with moves as (

    select * from {{ ref('int_month_moves') }}
    where won_count > 0

),

last_moves as (

    select * from {{ ref('int_last_moves') }}
    where won_count > 0

),

compared as (

    select
        moves.journey_id,
        last_moves.stated_amount is null and moves.stated_amount is not null
            as is_stated_first,
        coalesce(moves.stated_amount = last_moves.stated_amount, false)
        and moves.stated_currency_code = last_moves.stated_currency_code
            as is_stated_alike
    from moves
    inner join last_moves
        on moves.journey_id = last_moves.journey_id
        and moves.month = last_moves.month
        and moves.pipeline_code = last_moves.pipeline_code
        and moves.stage_code = last_moves.stage_code
        and moves.won_count = last_moves.won_count
    where abs(moves.won_amount - last_moves.won_amount) > 1e-9

),

changes as (

    select
        journey_id,
        max(
            case
                when is_stated_first then 'late_row'
                when is_stated_alike then 'fx_rate'
                else 'corrected_row'
            end
        ) as change_code
    from compared
    group by journey_id

)

select * from changes
