-- A step, target or benchmark of a code that is nobody's would silently count nothing.
with funnels as (

    select * from {{ ref('funnels') }}

),

named as (

    select
        'funnel_steps' as seed_name,
        steps.funnel_code as name,
        case when steps.match_kind = 'stage' then funnels.pipeline_code end
            as pipeline_code,
        case when steps.match_kind = 'stage' then 'stage' else 'event' end as kind_code,
        steps.match_code as code
    from {{ ref('funnel_steps') }} as steps
    left join funnels on steps.funnel_code = funnels.funnel_code
    {% for seed in ['targets', 'benchmarks', 'experiments'] %}
    {% for column in ['from_stage_code', 'to_stage_code'] %}
    union all
    select
        '{{ seed }}' as seed_name,
        '{{ column }}' as name,
        pipeline_code,
        'stage' as kind_code,
        {{ column }} as code
    from {{ ref(seed) }}
    {% endfor %}
    {% endfor %}
    {% for seed in ['plays', 'qualified_stages'] %}
    union all
    select
        '{{ seed }}' as seed_name,
        'stage_code' as name,
        pipeline_code,
        'stage' as kind_code,
        stage_code as code
    from {{ ref(seed) }}
    {% endfor %}
    union all
    select
        'inquiries' as seed_name,
        'event_code' as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        'event' as kind_code,
        event_code as code
    from {{ ref('inquiries') }}
    union all
    select
        'scoring_rules' as seed_name,
        'feature_code' as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        'event' as kind_code,
        substr(feature_code, 1, length(feature_code) - length('_count')) as code
    from {{ ref('scoring_rules') }}
    where feature_code like '%!_count' escape '!' and feature_code <> 'touches_count'
    union all
    select
        'targets' as seed_name,
        'metric_code' as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        'event' as kind_code,
        substr(metric_code, 1, length(metric_code) - length('_count')) as code
    from {{ ref('targets') }}
    where metric_code like '%!_count' escape '!'
        and metric_code not in ('won_count', 'entered_count')
    union all
    select
        'followups' as seed_name,
        'event_code' as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        'event' as kind_code,
        event_code as code
    from {{ ref('followups') }}
    union all
    select
        'origins' as seed_name,
        match_kind as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        match_kind as kind_code,
        match_code as code
    from {{ ref('origins') }}

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
