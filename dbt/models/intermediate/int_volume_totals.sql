-- Each volume in its pipeline and in all of them.
with volumes as (

    select * from {{ ref('int_volumes') }}

),

totals as (

    select * from volumes
    union all
    select
        'all' as pipeline_code,
        volume_kind,
        volume_code,
        owner_id,
        team_code,
        occurred_at,
        won_at,
        observed_until
    from volumes

)

select * from totals
