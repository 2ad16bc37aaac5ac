{#
    Whether a feature (text_value or number_value) is what a rule asks (operator_code,
    value, and of it number and list_value): of segments as of scores.
#}
{% macro rule_is_met() -%}
    case operator_code
            when '=' then coalesce(text_value = value, number_value = number)
            when '!=' then coalesce(text_value <> value, number_value <> number)
            when '<' then number_value < number
            when '<=' then number_value <= number
            when '>' then number_value > number
            when '>=' then number_value >= number
            when 'in'
                then list_value like '%|' || text_value || '|%'
            when 'contains' then text_value like '%' || value || '%'
            when 'begins' then substring(text_value, 1, length(value)) = value
        end
{%- endmacro %}

{# The width of a band of scores. #}
{% macro band_points() -%}
    10
{%- endmacro %}
