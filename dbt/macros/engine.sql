{# Where two engines differ; models hold what they read alike. #}

{% macro try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{# Behind a star: all columns but those that follow in parentheses. #}
{% macro exclude() -%}
    {{ return(adapter.dispatch('exclude')()) }}
{%- endmacro %}

{% macro default__exclude() -%}
    exclude
{%- endmacro %}

{# Whether a whole text, but for spaces around it, has a form. #}
{% macro matches(text, form) -%}
    {{ return(adapter.dispatch('matches')(text, form)) }}
{%- endmacro %}

{% macro default__matches(text, form) -%}
    regexp_full_match({{ text }}, ' *({{ form }}) *')
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0)
{%- endmacro %}

{% macro microseconds(time) -%}
    {{ return(adapter.dispatch('microseconds')(time)) }}
{%- endmacro %}

{% macro default__microseconds(time) -%}
    epoch_us({{ time }})
{%- endmacro %}

{% macro plus_seconds(time, seconds) -%}
    {{ return(adapter.dispatch('plus_seconds')(time, seconds)) }}
{%- endmacro %}

{% macro default__plus_seconds(time, seconds) -%}
    {{ time }} + to_microseconds(cast(round({{ seconds }} * 1000000.0) as bigint))
{%- endmacro %}

{% macro plus_days(date, days) -%}
    {{ return(adapter.dispatch('plus_days')(date, days)) }}
{%- endmacro %}

{% macro default__plus_days(date, days) -%}
    cast({{ date }} + to_days(cast({{ days }} as integer)) as date)
{%- endmacro %}

{% macro hash_of(expressions) -%}
    md5({% for expression in expressions -%}
        coalesce(cast({{ expression }} as {{ dbt.type_string() }}), ''){{ " || chr(31) || " if not loop.last }}
    {%- endfor %})
{%- endmacro %}

{# A number that follows from values; two sets of values may share one. #}
{% macro hash_number(expressions) -%}
    {{ return(adapter.dispatch('hash_number')(expressions)) }}
{%- endmacro %}

{% macro default__hash_number(expressions) -%}
    hash({{ expressions | join(', ') }})
{%- endmacro %}

{% macro spark__hash_number(expressions) -%}
    xxhash64({{ expressions | join(', ') }})
{%- endmacro %}

{# Personal data leaves staging only as a salted hash. #}
{% macro hashed(expression) -%}
    {{ return(adapter.dispatch('hashed')(expression)) }}
{%- endmacro %}

{% macro default__hashed(expression) -%}
    {{ salted('lower(trim(' ~ expression ~ '))') }}
{%- endmacro %}

{% macro salted(expression) -%}
    {{ return(adapter.dispatch('salted')(expression)) }}
{%- endmacro %}

{% macro default__salted(expression) -%}
    sha256(getvariable('pii_salt') || {{ expression }})
{%- endmacro %}

{% macro json_text(document, path) -%}
    {{ return(adapter.dispatch('json_text')(document, path)) }}
{%- endmacro %}

{% macro default__json_text(document, path) -%}
    json_extract_string({{ document }}, '{{ path }}')
{%- endmacro %}

{#
    The texts of a document at `paths` (a path a name), read in one go, for
    `named_texts` behind it: each reading parses the whole document.
#}
{% macro json_texts(document, paths) -%}
    {{ return(adapter.dispatch('json_texts')(document, paths)) }}
{%- endmacro %}

{% macro default__json_texts(document, paths) -%}
    json_extract_string({{ document }}, [{{ quoted(paths.values()) }}])
{%- endmacro %}

{% macro named_texts(texts, paths) -%}
    {% for name in paths -%}
    {{ label(text_at(texts, loop.index)) }} as {{ name }}{{ ',\n        ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro text_at(texts, place) -%}
    {{ return(adapter.dispatch('text_at')(texts, place)) }}
{%- endmacro %}

{% macro default__text_at(texts, place) -%}
    {{ texts }}[{{ place }}]
{%- endmacro %}

{# A row a day, from the first to the last date of a relation's bounds. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    unnest(cast(range({{ first }}, {{ last }} + 1, interval 1 day) as date[]))
{%- endmacro %}

{# A top-level value of a JSON document by a name that stands in a column. #}
{% macro json_value(document, name) -%}
    {{ return(adapter.dispatch('json_value')(document, name)) }}
{%- endmacro %}

{% macro default__json_value(document, name) -%}
    json_extract_string({{ document }}, '$."' || {{ name }} || '"')
{%- endmacro %}

{# What `min_by` and `max_by` put rows in order by, where that is more than a column. #}
{% macro place_of(columns) -%}
    {{ return(adapter.dispatch('place_of')(columns)) }}
{%- endmacro %}

{% macro default__place_of(columns) -%}
    struct({{ columns | join(', ') }})
{%- endmacro %}

{# A struct would be turned into these bytes by each min_by anew. #}
{% macro duckdb__place_of(columns) -%}
    create_sort_key({{ columns | join(", 'asc nulls last', ") }}, 'asc nulls last')
{%- endmacro %}

{# The first and the last value of a window that are not null. #}
{% macro first_known(expression, window) -%}
    {{ return(adapter.dispatch('first_known')(expression, window)) }}
{%- endmacro %}

{% macro default__first_known(expression, window) -%}
    first_value({{ expression }} ignore nulls) over {{ window }}
{%- endmacro %}

{% macro last_known(expression, window) -%}
    {{ return(adapter.dispatch('last_known')(expression, window)) }}
{%- endmacro %}

{% macro default__last_known(expression, window) -%}
    last_value({{ expression }} ignore nulls) over {{ window }}
{%- endmacro %}

{# The time of the row that comes first by a number, null if that row has none. #}
{% macro first_time(time, number) -%}
    nullif(
        min_by(coalesce({{ time }}, timestamp '0001-01-01 00:00:00'), {{ number }}),
        timestamp '0001-01-01 00:00:00'
    )
{%- endmacro %}

{# The texts of a group, one after another. #}
{% macro joined_in_order(text, separator, order) -%}
    {{ return(adapter.dispatch('joined_in_order')(text, separator, order)) }}
{%- endmacro %}

{% macro default__joined_in_order(text, separator, order) -%}
    string_agg({{ text }}, {{ separator }} order by {{ order }})
{%- endmacro %}

{# A JSON object of a group's names and values, ordered. #}
{% macro json_object_of(name, value, order) -%}
    {{ return(adapter.dispatch('json_object_of')(name, value, order)) }}
{%- endmacro %}

{% macro default__json_object_of(name, value, order) -%}
    cast(
            to_json(
                map(
                    list({{ name }} order by {{ order }}),
                    list({{ value }} order by {{ order }})
                )
            ) as {{ dbt.type_string() }}
        )
{%- endmacro %}

{# A UTC timestamp as ISO 8601, to the microsecond. #}
{% macro iso_time(time) -%}
    {{ return(adapter.dispatch('iso_time')(time)) }}
{%- endmacro %}

{% macro default__iso_time(time) -%}
    strftime({{ time }}, '%Y-%m-%dT%H:%M:%S.%fZ')
{%- endmacro %}

{# The product of a group's numbers, none left out. #}
{% macro product_of(number) -%}
    {{ return(adapter.dispatch('product_of')(number)) }}
{%- endmacro %}

{% macro default__product_of(number) -%}
    product({{ number }})
{%- endmacro %}

{# The first parts of a text between separators; all of it where it has no more. #}
{% macro first_parts(text, separator, count) -%}
    {{ return(adapter.dispatch('first_parts')(text, separator, count)) }}
{%- endmacro %}

{% macro default__first_parts(text, separator, count) -%}
    array_to_string(string_split({{ text }}, '{{ separator }}')[1:{{ count }}], '{{ separator }}')
{%- endmacro %}

{% macro spark__first_parts(text, separator, count) -%}
    substring_index({{ text }}, '{{ separator }}', {{ count }})
{%- endmacro %}
