-- Each stage's evidence and, from its landmark on, the way to the sale: once under its
-- owner and its evidence, and again under the totals of either.
with evidence as (

    select * from {{ ref('int_stage_evidence') }}

),

clocks as (

    select * from {{ ref('int_won_clocks') }}

),

owners as (

    select * from {{ ref('int_home_amounts') }}

),

members as (

    select
        chosen.is_all_owners,
        chosen.is_all_evidence
    from (
        values (0, 0), (0, 1), (1, 0), (1, 1)
    ) as chosen (is_all_owners, is_all_evidence)

),

evidence_clocks as (

    select
        evidence.journey_id,
        evidence.pipeline_code,
        evidence.stage_code,
        case
            when members.is_all_owners = 1 then 'all'
            else coalesce(owners.owner_id, 'unknown')
        end as owner_id,
        case
            when members.is_all_evidence = 1 then 'all'
            else evidence.evidence_code
        end as evidence_code,
        {{ seconds_between('evidence.proven_at', 'evidence.touched_at') }}
            as lag_seconds,
        {{ clock_from('evidence.landmark_at') }}
    from evidence
    inner join owners on evidence.journey_id = owners.journey_id
    left join clocks
        on evidence.journey_id = clocks.journey_id
        and evidence.pipeline_code = clocks.pipeline_code
        and evidence.stage_code = clocks.stage_code
    cross join members
    where members.is_all_evidence = 0 or evidence.is_touched

)

select * from evidence_clocks
