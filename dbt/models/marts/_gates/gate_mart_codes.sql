-- A code that no seed lists is nobody's.
{% set marts = {
    'fct_stage_transitions': ['from_stage_code', 'to_stage_code', 'pipeline_code'],
    'fct_journeys':
        ['entry_stage_code', 'furthest_stage_code', 'current_stage_code',
         'entry_pipeline_code', 'pipeline_code', 'segment_code', 'channel_code'],
    'fct_journey_outcomes': ['pipeline_code', 'segment_code', 'channel_code'],
    'fct_journey_steps': ['stage_code', 'pipeline_code'],
    'fct_stage_snapshots': ['stage_code', 'pipeline_code', 'segment_code'],
    'fct_segment_funnels': ['pipeline_code', 'segment_code', 'channel_code'],
    'fct_stage_funnel_breakdowns':
        ['stage_code', 'pipeline_code', 'segment_code', 'channel_code'],
    'fct_event_funnels': ['segment_code', 'channel_code'],
    'fct_event_funnel_breakdowns': ['segment_code', 'channel_code'],
    'fct_funnel_attempts': ['segment_code', 'channel_code'],
    'fct_monthly_conversions':
        ['from_stage_code', 'to_stage_code', 'pipeline_code', 'segment_code', 'channel_code'],
    'fct_monthly_throughput':
        ['stage_code', 'pipeline_code', 'segment_code', 'channel_code'],
    'fct_pipeline_forecast': ['stage_code', 'pipeline_code', 'segment_code'],
    'fct_forecast_calibration': ['pipeline_code'],
    'fct_target_attainment': ['pipeline_code'],
    'fct_early_warnings': ['pipeline_code'],
    'fct_activity_volumes': ['pipeline_code'],
    'fct_recovery_reasons': ['missed_stage_code', 'pipeline_code'],
    'fct_bottlenecks': ['stage_code', 'pipeline_code', 'segment_code'],
    'fct_owner_performance': ['pipeline_code'],
    'fct_channel_performance': ['channel_code'],
    'fct_lead_scores': ['pipeline_code', 'segment_code'],
    'fct_lead_score_calibration': ['pipeline_code'],
    'fct_journey_events': ['event_code'],
    'fct_inquiry_months': ['event_code', 'channel_code'],
    'fct_customer_paths': ['pipeline_code'],
    'fct_customer_value': ['pipeline_code'],
    'fct_journey_origins': ['pipeline_code'],
    'fct_journey_variants': ['pipeline_code', 'segment_code'],
    'fct_web_sessions': ['channel_code'],
} %}
with used as (

    {% for model, columns in marts.items() %}
    {% set is_last = loop.last %}
    {% for column in columns %}
    select
        '{{ model }}' as table_name,
        '{{ column }}' as column_name,
        '{{ column.split('_')[-2] }}' as kind_code,
        {{ column }} as code,
        count(*) as rows_count
    from {{ ref(model) }}
    where {{ column }} is not null
    group by {{ column }}
    {{ 'union all' if not (is_last and loop.last) }}
    {% endfor %}
    {% endfor %}

),

registered as (

    select distinct 'stage' as kind_code, stage_code as code
    from {{ ref('dim_stages') }}
    union
    select distinct 'pipeline' as kind_code, pipeline_code as code
    from {{ ref('dim_stages') }}
    union
    select 'segment' as kind_code, segment_code as code from {{ ref('dim_segments') }}
    union
    select 'channel' as kind_code, channel_code as code from {{ ref('dim_channels') }}
    union
    select distinct 'event' as kind_code, event_code as code
    from {{ ref('event_aliases') }}
    {% for kind, codes in {
        'stage': ['all', 'unmapped'], 'pipeline': ['all', 'unknown', 'unmapped'],
        'segment': ['all', 'unknown', 'ended_before_landmark'],
        'channel': ['all', 'unknown', 'unmapped'], 'event': ['unmapped'],
    }.items() %}
    {% for code in codes %}
    union
    select '{{ kind }}' as kind_code, '{{ code }}' as code
    {% endfor %}
    {% endfor %}

),

judged as (

    select
        used.table_name,
        used.column_name,
        used.code,
        used.rows_count,
        registered.code is not null as is_registered
    from used
    left join registered
        on used.kind_code = registered.kind_code and used.code = registered.code

)

select * from judged
