{# Text of a raw table to values, as the source's YAML declares them. #}

{# meta.extract of the raw table that the model at hand reads first. #}
{% macro model_contract() %}
    {% for source_code, table_name in model.sources if source_code != 'lake' %}
        {{ return(extract_contract(source_code, table_name)) }}
    {% endfor %}
    {{ return({}) }}
{% endmacro %}

{#
    A number as the source declares to write it. Engines read more than people mean
    (NaN, 1_000, infinity), so the form is checked first; what has another is null and
    told by lineage. Thousands may be grouped, by threes, only where `decimal` is
    declared: elsewhere nobody knows whether 1,234 is one or a thousand.
#}
{% macro number(column) -%}
    {%- set decimal = model_contract().get('decimal') -%}
    {%- set point, group = ('[,]', '[.]') if decimal == ',' else ('[.]', '[,]') -%}
    {%- set whole = '[0-9]{1,100}' -%}
    {%- if decimal -%}
        {%- set whole = '(' ~ whole ~ '|[0-9]{1,3}(' ~ group ~ '[0-9]{3})+)' -%}
    {%- endif -%}
    {%- set digits = '(' ~ whole ~ '(' ~ point ~ '[0-9]*)?|' ~ point ~ '[0-9]+)' -%}
    {%- set form = '[+-]?' ~ digits ~ '([eE][+-]?[0-9]{1,2})?' -%}
    {%- set plain = column -%}
    {%- if decimal == ',' -%}
        {%- set plain = "replace(replace(" ~ column ~ ", '.', ''), ',', '.')" -%}
    {%- elif decimal == '.' -%}
        {%- set plain = "replace(" ~ column ~ ", ',', '')" -%}
    {%- endif -%}
    case when {{ matches(column, form) }} then {{ try_cast(plain, 'double') }} end
{%- endmacro %}

{# A whole number; 5.0 is one, 1.7 is not rounded to one. #}
{% macro whole(column) -%}
    case
        when {{ matches(column, '[+-]?[0-9]{1,18}([.]0*)?') }}
            then {{ try_cast(column, 'bigint') }}
    end
{%- endmacro %}

{% macro flag(column) -%}
    coalesce(lower(trim({{ column }})) in ('true', 't', '1', 'yes', 'y'), false)
{%- endmacro %}

{#
    The new value of a changed field as text that reads back, whatever its field:
    models before it split what was written into `written_number`, `written_time`
    and `written_text`, so that lineage can tell what could not be read.
#}
{% macro changed_value() -%}
    coalesce(
            cast({{ number('written_number') }} as {{ dbt.type_string() }}),
            cast({{ utc('written_time') }} as {{ dbt.type_string() }}),
            {{ record_key('written_text') }}
        )
{%- endmacro %}

{% macro written_by_kind(field_code, value) -%}
    case when {{ field_code }} in ('amount', 'probability') then {{ value }} end
            as written_number,
        case when {{ field_code }} = 'expected_close_at' then {{ value }} end
            as written_time,
        case
            when {{ field_code }} not in ('amount', 'probability', 'expected_close_at')
                then {{ value }}
        end as written_text
{%- endmacro %}

{% macro is_no_flag(column) -%}
    lower(trim({{ column }})) not in (
        'true', 't', '1', 'yes', 'y', 'false', 'f', '0', 'no', 'n', ''
    )
{%- endmacro %}

{# Empty text says as little as none. #}
{% macro label(column) -%}
    {{ return(adapter.dispatch('label')(column)) }}
{%- endmacro %}

{% macro default__label(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{#
    DuckDB's trim decodes the whole text; one that begins and ends with a printed sign
    of ASCII has nothing to lose. The expression is read thrice: columns are cheap.
#}
{% macro duckdb__label(column) -%}
    case
            when ascii({{ column }}) between 33 and 126 and ascii(({{ column }})[-1]) between 33 and 126
                then {{ column }}
            else {{ default__label(column) }}
        end
{%- endmacro %}

{% macro home_currency() -%}
    '{{ env_var("FUNNELHOUSE_HOME_CURRENCY", "USD") }}'
{%- endmacro %}

{#
    Where a row came from, and which of its values could not be read: a null that
    was text before is never let through in silence (gate rule values_castable). Times
    may name the column that holds each already: reading them again costs as much.
#}
{% macro lineage(times=[], numbers=[], dates=[], wholes=[], flags=[]) -%}
    _source_file as source_file,
        _source_row as source_row,
        nullif(
            concat_ws(
                ', ', null
                {%- for column in times %},
                case when {{ times[column] if times is mapping else utc(column) }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in numbers %},
                case when {{ number(column) }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in dates %},
                case when {{ day(column) }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in wholes %},
                case when {{ whole(column) }} is null then {{ uncast(column) }} end
                {%- endfor %}
                {%- for column in flags %},
                case when {{ is_no_flag(column) }} then {{ uncast(column) }} end
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
