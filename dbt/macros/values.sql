{# Text of a raw table to values, as the source's YAML declares them. #}

{# meta.extract of the raw table that the model at hand reads first. #}
{% macro model_contract() %}
    {% for source_code, table_name in model.sources if source_code != 'lake' %}
        {{ return(extract_contract(source_code, table_name)) }}
    {% endfor %}
    {{ return({}) }}
{% endmacro %}

{% macro number(column) -%}
    {%- if model_contract().get('decimal') == ',' -%}
        {{ try_cast("replace(replace(" ~ column ~ ", '.', ''), ',', '.')", 'double') }}
    {%- else -%}
        {{ try_cast(column, 'double') }}
    {%- endif -%}
{%- endmacro %}

{% macro flag(column) -%}
    coalesce(lower(trim({{ column }})) in ('true', 't', '1', 'yes', 'y'), false)
{%- endmacro %}

{# Empty text says as little as none. #}
{% macro label(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{% macro home_currency() -%}
    '{{ env_var("FUNNELHOUSE_HOME_CURRENCY", "USD") }}'
{%- endmacro %}

{#
    Where a row came from, and which of its values could not be read: a null that
    was text before is never let through in silence (gate rule values_castable).
#}
{% macro lineage(times=[], numbers=[], dates=[], wholes=[]) -%}
    _source_file as source_file,
        _source_row as source_row,
        nullif(
            concat_ws(
                ', ', null
                {%- for column in times %},
                case when {{ utc(column) }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in numbers %},
                case when {{ number(column) }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in dates %},
                case when {{ try_cast(column, 'date') }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in wholes %},
                case when {{ try_cast(column, 'bigint') }} is null then {{ uncast(column) }} end
                {%- endfor %}
            ),
            ''
        ) as uncastable
{%- endmacro %}

{% macro uncast(column) -%}
    '{{ column | replace('"', '') }} ' || left({{ shape_of(column) }}, 60)
{%- endmacro %}

{# A page's address without its query and fragment, which differ at every visit. #}
{% macro page_of(url) -%}
    nullif(split_part(split_part({{ url }}, '#', 1), '?', 1), '')
{%- endmacro %}

{% macro host_of(url) -%}
    nullif(lower(split_part(split_part(split_part({{ url }}, '://', 2), '/', 1), '?', 1)), '')
{%- endmacro %}
