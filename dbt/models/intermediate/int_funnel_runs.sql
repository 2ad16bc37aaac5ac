-- Neighbouring steps that one instant can fill, each with an action of its own. Of
-- actions tied in time a run is filled if every set of its steps is touched by as many
-- actions as it has steps (Hall, 1935).
with sets as (

    select * from {{ ref('int_funnel_step_sets') }}

),

instants as (

    select
        funnel_code, unit_id, part_key, occurred_at,
        bit_or(step_mask) as step_mask,
        max(is_first_step_entry) as is_entry,
        count(*) as actions_count
    from {{ ref('int_funnel_instants') }}
    group by funnel_code, unit_id, part_key, occurred_at

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

touched as (

    select
        candidates.funnel_code, candidates.unit_id, candidates.part_key,
        candidates.occurred_at, candidates.run_mask,
        count(*) as touches_count,
        min(sets.steps_count) as steps_count
    from candidates
    inner join sets on candidates.run_mask & sets.step_mask = sets.step_mask
    inner join {{ ref('int_funnel_instants') }} as actions
        on {{ is_same_unit('candidates', 'actions') }}
        and candidates.occurred_at = actions.occurred_at
        and actions.step_mask & sets.step_mask > 0
    where candidates.from_step < candidates.to_step
    group by
        candidates.funnel_code, candidates.unit_id, candidates.part_key,
        candidates.occurred_at, candidates.run_mask, sets.step_mask

),

short as (

    select distinct funnel_code, unit_id, part_key, occurred_at, run_mask
    from touched
    where touches_count < steps_count

),

runs as (

    select
        candidates.funnel_code, candidates.unit_id, candidates.part_key,
        candidates.occurred_at,
        candidates.from_step,
        candidates.to_step,
        candidates.is_entry = 1 as is_entry,
        candidates.to_step = max(candidates.to_step) over (
            partition by
                candidates.funnel_code, candidates.unit_id, candidates.part_key,
                candidates.occurred_at, candidates.from_step
        ) as is_longest
    from candidates
    left join short
        on {{ is_same_unit('candidates', 'short') }}
        and candidates.occurred_at = short.occurred_at
        and candidates.run_mask = short.run_mask
    where short.run_mask is null

)

select * from runs
