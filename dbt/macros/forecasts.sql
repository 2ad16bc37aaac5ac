{# What a forecast counts and adds up, the same in every total. #}

{% macro forecast_sums() -%}
    {{ return([
        'open_count', 'unvalued_count', 'unstated_count', 'unmeasured_count',
        'limbo_count', 'slipping_count', 'overdue_count', 'shared_count',
        'open_amount', 'limbo_amount', 'shared_amount', 'negative_amount',
        'stated_wins', 'stated_amount', 'measured_wins', 'measured_amount',
    ]) }}
{%- endmacro %}
