{# What is restated, and how a figure is named: its keys as readable JSON. #}

{% macro throughput_keys() -%}
    {{ return(['month', 'pipeline_code', 'segment_code', 'channel_code', 'stage_code']) }}
{%- endmacro %}

{% macro conversion_keys() -%}
    {{ return([
        'cohort_month', 'pipeline_code', 'segment_code', 'channel_code',
        'from_stage_code', 'to_stage_code', 'horizon_days',
    ]) }}
{%- endmacro %}

{# Counts of what happened in a month; what was open follows from them. #}
{% macro moved_columns() -%}
    {{ return([
        'entered_count', 'advanced_count', 'won_count', 'lost_count', 'left_count',
        'removed_count', 'won_amount',
    ]) }}
{%- endmacro %}

{% macro throughput_columns() -%}
    {{ return(moved_columns() + [
        'open_at_start_count', 'open_at_end_count', 'open_change_count'
    ]) }}
{%- endmacro %}

{% macro conversion_columns() -%}
    {{ return([
        'entered_count', 'converted_count', 'lost_count', 'transferred_count',
        'open_count',
    ]) }}
{%- endmacro %}

{% macro figure_key(keys) -%}
    '{' {%- for key in keys -%}
        {%- set quote = '' if key == 'horizon_days' else '"' %} || '"{{ key }}": {{ quote }}' || cast({{ key }} as {{ dbt.type_string() }}) || '{{ quote }}{{ ', ' if not loop.last }}'
    {%- endfor %} || '}'
{%- endmacro %}
