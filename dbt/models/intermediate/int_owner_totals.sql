-- A journey counts for its owner, for the owner's team and in all; in its pipeline and
-- over all pipelines.
with totals as (

    select
        chosen.is_all_pipelines,
        chosen.is_all_owners,
        chosen.is_all_teams
    from (
        values
        (0, 0, 0), (0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)
    ) as chosen (is_all_pipelines, is_all_owners, is_all_teams)

),

counted as (

    select
        journeys.* {{ exclude() }} (pipeline_code, owner_id, team_code),  -- noqa: RF02
        case
            when totals.is_all_pipelines = 1 then 'all' else journeys.pipeline_code
        end as pipeline_code,
        case when totals.is_all_teams = 1 then 'all' else journeys.team_code end
            as team_code,
        case when totals.is_all_owners = 1 then 'all' else journeys.owner_id end
            as owner_id
    from {{ ref('int_owned_journeys') }} as journeys
    cross join totals

)

select * from counted
