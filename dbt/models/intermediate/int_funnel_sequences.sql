-- Recursive, since which hit comes next depends on which one came before.
with recursive hits as (

    select funnel_code, journey_id, step_order, move_number
    from {{ ref('int_funnel_moves') }}
    where move_kind = 'hit'

),

links as (

    select
        hits.funnel_code,
        hits.journey_id,
        hits.step_order,
        hits.move_number,
        min(later.move_number) as next_move_number
    from hits
    left join hits as later
        on hits.funnel_code = later.funnel_code
        and hits.journey_id = later.journey_id
        and hits.step_order + 1 = later.step_order
        and hits.move_number < later.move_number
    group by hits.funnel_code, hits.journey_id, hits.step_order, hits.move_number

),

begun as (

    select funnel_code, journey_id, min(move_number) as move_number
    from hits
    where step_order = 1
    group by funnel_code, journey_id

),

sequences as (

    select links.*
    from links
    inner join begun
        on links.funnel_code = begun.funnel_code
        and links.journey_id = begun.journey_id
        and links.move_number = begun.move_number
    union all
    select links.*
    from sequences
    inner join links
        on sequences.funnel_code = links.funnel_code
        and sequences.journey_id = links.journey_id
        and sequences.next_move_number = links.move_number

)

select funnel_code, journey_id, step_order from sequences
