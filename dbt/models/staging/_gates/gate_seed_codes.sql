-- A step, target or benchmark of a code that is nobody's would silently count nothing.
with named as (

    select * from {{ ref('int_named_codes') }}

),

registered as (

    select distinct 'stage' as kind_code, pipeline_code, stage_code as code
    from {{ ref('stages') }}
    union all
    select distinct 'stage' as kind_code, 'all' as pipeline_code, stage_code as code
    from {{ ref('stages') }}
    union all
    select distinct 'event' as kind_code, 'all' as pipeline_code, event_code as code
    from {{ ref('event_aliases') }}
    union all
    select distinct 'channel' as kind_code, 'all' as pipeline_code, channel_code as code
    from {{ ref('channels') }}

),

judged as (

    select
        named.seed_name,
        named.name,
        named.pipeline_code,
        named.code,
        count(*) as rows_count,
        count(registered.code) = count(*) as is_registered
    from named
    left join registered
        on named.kind_code = registered.kind_code
        and named.code = registered.code
        and coalesce(named.pipeline_code, 'all') = registered.pipeline_code
    where named.code is not null
    group by named.seed_name, named.name, named.pipeline_code, named.code

)

select * from judged
