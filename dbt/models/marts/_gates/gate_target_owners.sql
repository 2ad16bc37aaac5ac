-- A quota of an owner or team that nobody tells of would be missed without a word.
with named as (

    select
        'owner_id' as name,
        {{ record_key('owner_id') }} as code
    from {{ ref('targets') }}
    where owner_id is not null
    union all
    select
        'team_code' as name,
        team_code as code
    from {{ ref('targets') }}
    where team_code is not null

),

told as (

    select
        'owner_id' as name,
        owner_id as code
    from {{ ref('dim_owners') }}
    union all
    select distinct
        'team_code' as name,
        team_code as code
    from {{ ref('dim_owners') }}
    where team_code is not null

),

judged as (

    select
        named.name,
        named.code,
        count(*) as rows_count,
        count(told.code) > 0 as is_told
    from named
    left join told on named.name = told.name and named.code = told.code
    group by named.name, named.code

)

select * from judged
