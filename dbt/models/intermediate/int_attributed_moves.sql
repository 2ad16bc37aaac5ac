-- Moves of closed figures by reason. A journey that leaves one member of a dimension
-- for another has not moved the total: it is netted per figure before it is counted.
with reasons as (

    select * from {{ ref('int_restatement_reasons') }}

),

cube_members as (

    {{ cube_members() }}

),

{% for name, deltas, keys, columns in [
    ('throughput', 'int_throughput_deltas', throughput_keys(), throughput_columns()),
    ('conversions', 'int_conversion_deltas', conversion_keys(), conversion_columns()),
] %}
{{ name }}_cubed as (

    select
        deltas.* {{ exclude() }} (pipeline_code, segment_code, channel_code),
        case
            when cube_members.is_all_pipelines = 1 then 'all'
            else deltas.pipeline_code
        end as pipeline_code,
        case
            when cube_members.is_all_segments = 1 then 'all' else deltas.segment_code
        end as segment_code,
        case
            when cube_members.is_all_channels = 1 then 'all' else deltas.channel_code
        end as channel_code
    from {{ ref(deltas) }} as deltas
    cross join cube_members
    {% if name == 'conversions' %}
    where (cube_members.is_all_segments = 1 and deltas.is_in_totals)
        or (cube_members.is_all_segments = 0 and deltas.is_in_segment)
    {% endif %}

),

{{ name }}_netted as (

    select
        {% for column in columns %}
        cast(sum({{ column }}) as double) as {{ column }},
        {% endfor %}
        journey_id, {{ keys | join(', ') }}
    from {{ name }}_cubed
    group by journey_id, {{ keys | join(', ') }}

),

{{ name }}_summed as (

    select
        {% for column in columns %}
        sum({{ column }}) as {{ column }},
        count(case when abs({{ column }}) > 1e-9 then 1 end)
            as {{ column }}_journeys,
        {% endfor %}
        reasons.reason_code,
        {{ figure_key(keys) }} as figure_key
    from {{ name }}_netted as netted
    inner join reasons on netted.journey_id = reasons.journey_id
    group by reasons.reason_code, {{ keys | join(', ') }}

),

{% endfor %}
moves as (

    {% for column in throughput_columns() %}
    select
        'fct_monthly_throughput' as table_name, figure_key,
        '{{ column }}' as column_name, reason_code,
        {{ column }} as delta, {{ column }}_journeys as journeys_count
    from throughput_summed
    where {{ column }}_journeys > 0
    union all
    {% endfor %}
    {% for column in conversion_columns() %}
    select
        'fct_monthly_conversions' as table_name, figure_key,
        '{{ column }}' as column_name, reason_code,
        {{ column }} as delta, {{ column }}_journeys as journeys_count
    from conversions_summed
    where {{ column }}_journeys > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from moves
