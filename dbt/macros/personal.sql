{#
    Personal data: nobody's address or number leaves staging. Records are known by
    their keys, people by salted hashes, and a text for people loses both.
#}

{# A text for people to read, without the addresses and numbers that stand in it. #}
{% macro free_text(column) -%}
    {{ masked(label(column), column) }}
{%- endmacro %}

{# A record's key; one that is an address tells records apart as its salted hash. #}
{% macro record_key(column) -%}
    {{ return(adapter.dispatch('record_key')(column)) }}
{%- endmacro %}

{% macro default__record_key(column) -%}
    case
            when contains({{ column }}, '@') or contains({{ column }}, '%40')
                or contains({{ column }}, '%25')
                then {{ hashed(label(column)) }}
            else {{ label(column) }}
        end
{%- endmacro %}

{#
    E-mail addresses, also as URLs write them, and phone numbers with a country's
    code. A number without one cannot be told from an id, nor a name from a word.
    `signed` is a text with the same signs that is cheaper to look through.
#}
{% macro masked(expression, signed=none) -%}
    {{ return(adapter.dispatch('masked')(expression, signed or expression)) }}
{%- endmacro %}

{% macro default__masked(expression, signed) -%}
    {%- set signs = ['@', '%40', '2540', '+', '%2B', '%2b'] -%}
    {%- set address = "[^\\s/?=&#<>\"'',;:|]+(@|%(25)*40)[^\\s/?=&#<>\"'',;:|@]+\\.[a-zA-Z]{2,}" -%}
    {%- set number = '(\\+|%2[Bb])[0-9](([ ()./-]|%20)*[0-9]){6,}' -%}
    case
            when {% for sign in signs %}contains({{ signed }}, '{{ sign }}'){{ ' or ' if not loop.last }}{% endfor %}
                then regexp_replace(
                    regexp_replace({{ expression }}, '{{ address }}', '[address]', 'g'),
                    '{{ number }}', '[number]', 'g'
                )
            else {{ expression }}
        end
{%- endmacro %}

{# A key of a forgotten person as landing hashes it. #}
{% macro hashed_key(kind, source_code, key) -%}
    {{ return(adapter.dispatch('hashed_key')(kind, source_code, key)) }}
{%- endmacro %}

{% macro default__hashed_key(kind, source_code, key) -%}
    {{ salted("'" ~ kind ~ "' || chr(31) || " ~ source_code ~ " || chr(31) || " ~ key) }}
{%- endmacro %}

{# What landing puts in the place of a forgotten address. #}
{% macro forgotten_mark(hash) -%}
    'erased-' || {{ hash }}
{%- endmacro %}

{#
    What an unreadable value looks like: numbers stay, words become `xx`, for a name
    that stands in a column of dates must not be shown either.
#}
{% macro shape_of(column) -%}
    {{ return(adapter.dispatch('shape_of')(column)) }}
{%- endmacro %}

{% macro default__shape_of(column) -%}
    regexp_replace({{ free_text(column) }}, '\p{L}{2,}', 'xx', 'g')
{%- endmacro %}
