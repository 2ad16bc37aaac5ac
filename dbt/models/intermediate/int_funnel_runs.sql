-- Neighbouring steps that one instant can fill, each with an action of its own. Of
-- actions tied in time a run is filled if every set of its steps is touched by as many
-- actions as it has steps (Hall, 1935).
with sets as (

    select * from {{ ref('int_funnel_step_sets') }}

),

instants as (

    select * from {{ ref('int_funnel_instants') }}

),

-- by the few masks that there are, not by instants
holding as (

    select
        masks.step_mask,
        sets.from_step, sets.to_step, sets.steps_count,
        sets.step_mask as run_mask
    from (select distinct step_mask from instants) as masks
    inner join sets on masks.step_mask & sets.step_mask = sets.step_mask
    where sets.from_step is not null

),

candidates as (

    select
        instants.*,
        holding.from_step,
        holding.to_step,
        holding.run_mask
    from instants
    inner join holding
        on instants.step_mask = holding.step_mask
        and instants.actions_count >= holding.steps_count

),

short as (

    select candidates.unit_number, candidates.occurred_at, candidates.run_mask
    from candidates
    inner join sets on candidates.run_mask & sets.step_mask = sets.step_mask
    inner join {{ ref('int_funnel_hits') }} as actions
        on {{ is_same_unit('candidates', 'actions') }}
        and candidates.occurred_at = actions.occurred_at
        and actions.step_mask & sets.step_mask > 0
    where candidates.from_step < candidates.to_step
    group by
        candidates.unit_number, candidates.occurred_at, candidates.run_mask,
        sets.step_mask
    having count(*) < min(sets.steps_count)

),

filled as (

    select candidates.*
    from candidates
    left join short
        on {{ is_same_unit('candidates', 'short') }}
        and candidates.occurred_at = short.occurred_at
        and candidates.run_mask = short.run_mask
    where short.run_mask is null

),

-- few instants have more than a step to fill
longest as (

    select unit_number, occurred_at, from_step, max(to_step) as to_step
    from filled
    where from_step < to_step
    group by unit_number, occurred_at, from_step

),

runs as (

    select
        filled.funnel_code, filled.unit_number, filled.occurred_at,
        filled.from_step,
        filled.to_step,
        filled.is_entry = 1 as is_entry,
        coalesce(filled.to_step = longest.to_step, true) as is_longest
    from filled
    left join longest
        on {{ is_same_unit('filled', 'longest') }}
        and filled.occurred_at = longest.occurred_at
        and filled.from_step = longest.from_step

)

select * from runs
