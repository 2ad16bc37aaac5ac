{# Times: read in their source's zone, kept in UTC, cut in the reporting zone. #}

{% macro reporting_zone() -%}
    '{{ env_var("FUNNELHOUSE_TIMEZONE", "UTC") }}'
{%- endmacro %}

{# Text to UTC: an offset or Z in it counts, else the zone that the source declares. #}
{% macro to_utc(text, zone="UTC") -%}
    {{ return(adapter.dispatch('to_utc')(text, zone)) }}
{%- endmacro %}

{% macro default__to_utc(text, zone) -%}
    case
        when regexp_matches(trim({{ text }}), ':[0-9]{2}(\.[0-9]+)? ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$')
            then timezone('UTC', try_cast({{ text }} as timestamptz))
        else timezone('UTC', timezone('{{ zone }}', try_cast({{ text }} as timestamp)))
    end
{%- endmacro %}

{% macro reporting_time(time) -%}
    {{ return(adapter.dispatch('reporting_time')(time)) }}
{%- endmacro %}

{% macro default__reporting_time(time) -%}
    timezone({{ reporting_zone() }}, timezone('UTC', {{ time }}))
{%- endmacro %}

{% macro reporting_date(time) -%}
    cast({{ reporting_time(time) }} as date)
{%- endmacro %}

{% macro reporting_month(time) -%}
    cast(date_trunc('month', {{ reporting_time(time) }}) as date)
{%- endmacro %}

{# The instant, in UTC, at which a date begins in the reporting zone. #}
{% macro start_of_date(date) -%}
    {{ return(adapter.dispatch('start_of_date')(date)) }}
{%- endmacro %}

{% macro default__start_of_date(date) -%}
    timezone('UTC', timezone({{ reporting_zone() }}, cast({{ date }} as timestamp)))
{%- endmacro %}

{% macro next_month(month) -%}
    cast({{ dbt.dateadd('month', 1, month) }} as date)
{%- endmacro %}

{# A source's text column as UTC, by the zone and date_format that its YAML declares. #}
{% macro utc(column) -%}
    {%- set contract = model_contract() -%}
    {%- if contract.get('date_format') -%}
        {{ to_utc(formatted_time(column, contract['date_format']), contract.get('timezone', 'UTC')) }}
    {%- else -%}
        {{ to_utc(column, contract.get('timezone', 'UTC')) }}
    {%- endif -%}
{%- endmacro %}

{% macro formatted_time(column, date_format) -%}
    {{ return(adapter.dispatch('formatted_time')(column, date_format)) }}
{%- endmacro %}

{% macro default__formatted_time(column, date_format) -%}
    cast(try_strptime({{ column }}, '{{ date_format }}') as {{ dbt.type_string() }})
{%- endmacro %}

{# A time of the reporting zone in UTC. #}
{% macro from_reporting_time(time) -%}
    {{ return(adapter.dispatch('from_reporting_time')(time)) }}
{%- endmacro %}

{% macro default__from_reporting_time(time) -%}
    timezone('UTC', timezone({{ reporting_zone() }}, {{ time }}))
{%- endmacro %}
