-- Each journey from the stage that it entered at to its pipeline's first won stage.
with members as (

    select
        members.journey_id,
        members.end_code,
        members.followed_for,
        members.watched_after
    from {{ ref('int_sale_members') }} as members
    inner join {{ ref('int_journeys') }} as journeys
        on members.journey_id = journeys.journey_id
        and members.pipeline_code = journeys.pipeline_code
        and members.pipeline_code = journeys.entry_pipeline_code
        and members.from_stage_code = journeys.entry_stage_code

),

cohorts as (

    select
        cells.cohort_number,
        members.end_code,
        members.followed_for,
        members.watched_after
    from members
    inner join {{ ref('int_owner_totals') }} as totals
        on members.journey_id = totals.journey_id
    inner join {{ ref('int_owner_cells') }} as cells
        on totals.pipeline_code = cells.pipeline_code
        and totals.team_code = cells.team_code
        and totals.owner_id = cells.owner_id

)

select * from cohorts
