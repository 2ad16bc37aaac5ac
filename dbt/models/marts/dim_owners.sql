with named as (

    select
        owner_id,
        max_by(owner_name, (known_at, source_row)) as owner_name,
        max_by(team_code, (known_at, source_row)) as team_code
    from (
        {{ union_sources('owners') }}
    ) as brought
    group by owner_id

),

owning as (

    select distinct owner_id from {{ ref('int_home_amounts') }}
    where owner_id is not null

),

known as (

    select
        coalesce(owning.owner_id, named.owner_id) as owner_id,
        coalesce(named.owner_name, owning.owner_id) as owner_name,
        named.team_code
    from owning
    full join named on owning.owner_id = named.owner_id

),

-- two people of one name would be one bar of a chart
owners as (

    select
        owner_id,
        case
            when count(*) over (partition by owner_name) = 1 then owner_name
            else owner_name || ' (' || owner_id || ')'
        end as owner_name,
        team_code
    from known

)

select * from owners
