with named as (

    select
        'funnel_steps' as seed_name,
        steps.funnel_code as name,
        case when steps.match_kind = 'stage' then funnels.pipeline_code end
            as pipeline_code,
        case when steps.match_kind = 'stage' then 'stage' else 'event' end as kind_code,
        steps.match_code as code
    from {{ ref('funnel_steps') }} as steps
    left join {{ ref('funnels') }} as funnels
        on steps.funnel_code = funnels.funnel_code
    {% for seed, columns in {
        'targets': ['from_stage_code', 'to_stage_code'],
        'benchmarks': ['from_stage_code', 'to_stage_code'],
        'experiments': ['from_stage_code', 'to_stage_code'],
        'plays': ['stage_code'],
        'qualified_stages': ['stage_code'],
    }.items() %}
    {% for column in columns %}
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
    {% for seed in ['inquiries', 'followups'] %}
    union all
    select
        '{{ seed }}' as seed_name,
        'event_code' as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        'event' as kind_code,
        event_code as code
    from {{ ref(seed) }}
    {% endfor %}
    {% for seed, column in {
        'segment_rules': 'feature_code',
        'scoring_rules': 'feature_code',
        'targets': 'metric_code',
    }.items() %}
    union all
    select
        '{{ seed }}' as seed_name,
        '{{ column }}' as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        'event' as kind_code,
        substr({{ column }}, 1, length({{ column }}) - length('_count')) as code
    from {{ ref(seed) }}
    where {{ column }} like '%!_count' escape '!'
        and {{ column }} not in ('touches_count', 'won_count', 'entered_count')
    {% endfor %}
    union all
    select
        'origins' as seed_name,
        match_kind as name,
        cast(null as {{ dbt.type_string() }}) as pipeline_code,
        match_kind as kind_code,
        match_code as code
    from {{ ref('origins') }}

)

select * from named
