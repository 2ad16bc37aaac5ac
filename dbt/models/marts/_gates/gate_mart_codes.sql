with used as (

    {% for model, column in [
        ('fct_stage_transitions', 'to_stage_code'), ('fct_journeys', 'current_stage_code'),
        ('fct_journey_steps', 'stage_code'), ('fct_stage_snapshots', 'stage_code'),
        ('fct_monthly_conversions', 'from_stage_code'), ('fct_monthly_conversions', 'to_stage_code'),
        ('fct_monthly_throughput', 'stage_code'),
    ] %}
    select
        '{{ model }}' as table_name,
        '{{ column }}' as column_name,
        {{ column }} as code,
        count(*) as rows_count
    from {{ ref(model) }}
    where {{ column }} is not null
    group by {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

registered as (

    select distinct stage_code from {{ ref('dim_stages') }}
    union all
    select 'unmapped' as stage_code

),

judged as (

    select
        used.*,
        registered.stage_code is not null as is_registered
    from used
    left join registered on used.code = registered.stage_code

)

select * from judged
