{# What counts are broken down by: a name for each of a table's columns. #}
{% macro breakdown_dimensions(columns) -%}
    select chosen.dimension_code
    from (
        values {% for name in columns %}('{{ name }}'){{ ', ' if not loop.last }}{% endfor %}
    ) as chosen (dimension_code)
{%- endmacro %}

{# The member of the dimension at hand. #}
{% macro breakdown_member(columns, relation) -%}
    coalesce(
            case dimensions.dimension_code
                {%- for name, column in columns.items() %}
                when '{{ name }}' then {{ relation }}.{{ column }}
                {%- endfor %}
            end,
            'unknown'
        )
{%- endmacro %}
