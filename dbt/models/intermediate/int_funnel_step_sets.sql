-- Every set of the first ten steps as a bit mask; a run is a set of neighbours.
with bits as (

    select 0 as is_in
    union all
    select 1 as is_in

),

masks as (

    select
        {{ step_sum('is_in') }} as step_mask,
        {{ step_sum('is_in', weighted=false) }} as steps_count
    from {{ step_product('bits') }}

),

steps as (

    select
        step_mask,
        {{ step_of_bit('step_mask') }} as step_order
    from masks
    where steps_count = 1

),

runs as (

    select
        firsts.step_order as from_step,
        lasts.step_order as to_step,
        2 * lasts.step_mask - firsts.step_mask as step_mask
    from steps as firsts
    inner join steps as lasts on firsts.step_order <= lasts.step_order

),

step_sets as (

    select
        masks.step_mask,
        masks.steps_count,
        runs.from_step,
        runs.to_step
    from masks
    left join runs on masks.step_mask = runs.step_mask
    where masks.step_mask > 0

)

select * from step_sets
