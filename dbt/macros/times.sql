{# Times: read in their source's zone, kept in UTC, cut in the reporting zone. #}

{% macro reporting_zone() -%}
    '{{ env_var("FUNNELHOUSE_TIMEZONE", "UTC") }}'
{%- endmacro %}

{#
    How dates and times are written: the year first, or by `date_format`. Engines read
    more (infinity, epoch, the year 20260, a date with anything behind it), and other
    orders of day and month would be guessed. Years are those a funnel can have.
#}
{% macro date_form() -%}
    {{ return('(19|20|21)[0-9]{2}(-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}') }}
{%- endmacro %}

{% macro time_form() -%}
    {{ return('[ T]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?') }}
{%- endmacro %}

{% macro offset_form() -%}
    {{ return(' ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)') }}
{%- endmacro %}

{# Text to UTC: an offset or Z in it counts, else the zone that the source declares. #}
{% macro to_utc(text, zone="UTC") -%}
    {{ return(adapter.dispatch('to_utc')(text, zone)) }}
{%- endmacro %}

{% macro default__to_utc(text, zone) -%}
    case
        when {{ matches(text, date_form() ~ time_form() ~ offset_form()) }}
            then make_timestamp(epoch_us(coalesce(
                try_cast({{ text }} as timestamptz),
                try_cast({{ spelt_out(text) }} as timestamptz)
            )))
        when {{ matches(text, date_form() ~ '(' ~ time_form() ~ ')?') }}
            then {{ zoned(try_cast(text, 'timestamp'), zone) }}
    end
{%- endmacro %}

{# DuckDB casts no time that has a blank before its offset, or an offset and no seconds. #}
{% macro spelt_out(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(upper(trim({{ text }})), ' ?(Z|UTC)$', '+00'),
            ' ?([+-][0-9:]+)$', '\1'
        ),
        '([ T][0-9]{1,2}:[0-9]{2})([+-][0-9:]+)$', '\1:00\2'
    )
{%- endmacro %}

{#
    A wall clock of a zone in UTC. A time that comes twice, when clocks go back, is
    the first; one that never comes, when they go forward, goes on by the old clock.
    Landing reads times so too (landing/times.py).
#}
{% macro zoned(clock, zone) -%}
    {{ return(adapter.dispatch('zoned')(clock, zone)) }}
{%- endmacro %}

{% macro default__zoned(clock, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ clock }}
    {%- else -%}
        {# by the offset of three hours before, where that is this clock's too #}
        {%- set before = "timezone('UTC', timezone('" ~ zone ~ "', " ~ clock ~ " - interval 3 hour)) + interval 3 hour" -%}
        case
            when timezone('{{ zone }}', timezone('UTC', {{ before }})) = {{ clock }}
                then {{ before }}
            else timezone('UTC', timezone('{{ zone }}', {{ clock }}))
        end
    {%- endif -%}
{%- endmacro %}

{% macro reporting_time(time) -%}
    {{ return(adapter.dispatch('reporting_time')(time)) }}
{%- endmacro %}

{# In UTC nothing is to be done, and many rows cost a third of the time. #}
{% macro default__reporting_time(time) -%}
    {%- if reporting_zone() == "'UTC'" -%}
        cast({{ time }} as timestamp)
    {%- else -%}
        timezone({{ reporting_zone() }}, timezone('UTC', {{ time }}))
    {%- endif -%}
{%- endmacro %}

{% macro reporting_date(time) -%}
    cast({{ reporting_time(time) }} as date)
{%- endmacro %}

{% macro reporting_month(time) -%}
    cast(date_trunc('month', {{ reporting_time(time) }}) as date)
{%- endmacro %}

{# A month as a number, which takes a fifth of the time: of many rows to group. #}
{% macro month_number(time) -%}
    year({{ reporting_time(time) }}) * 16 + month({{ reporting_time(time) }})
{%- endmacro %}

{% macro month_of(number) -%}
    make_date(
            cast(({{ number }} - ({{ number }} & 15)) / 16 as integer),
            cast({{ number }} & 15 as integer),
            1
        )
{%- endmacro %}

{# The instant, in UTC, at which a date begins in the reporting zone. #}
{% macro start_of_date(date) -%}
    {{ return(adapter.dispatch('start_of_date')(date)) }}
{%- endmacro %}

{% macro default__start_of_date(date) -%}
    {{ from_reporting_time(date) }}
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

{# A source's text column as a date; a time of day is none, but for midnight. #}
{% macro day(column) -%}
    {%- set date_format = model_contract().get('date_format') -%}
    {%- set text = formatted_time(column, date_format) if date_format else column -%}
    case
        when {{ matches(text, date_form() ~ '([ T]00:00:00([.]0+)?)?') }}
            then {{ try_cast(text, 'date') }}
    end
{%- endmacro %}

{% macro formatted_time(column, date_format) -%}
    {{ return(adapter.dispatch('formatted_time')(column, date_format)) }}
{%- endmacro %}

{% macro default__formatted_time(column, date_format) -%}
    cast(try_strptime(trim({{ column }}), '{{ date_format }}') as {{ dbt.type_string() }})
{%- endmacro %}

{# A time of the reporting zone in UTC. #}
{% macro from_reporting_time(time) -%}
    {{ return(adapter.dispatch('from_reporting_time')(time)) }}
{%- endmacro %}

{% macro default__from_reporting_time(time) -%}
    {{ zoned('cast(' ~ time ~ ' as timestamp)', env_var("FUNNELHOUSE_TIMEZONE", "UTC")) }}
{%- endmacro %}

{# The day after a month or quarter that begins on a date. #}
{% macro period_end(period_code, period_start) -%}
    cast(
        case {{ period_code }}
            when 'quarter' then {{ dbt.dateadd('month', 3, period_start) }}
            else {{ dbt.dateadd('month', 1, period_start) }}
        end as date
    )
{%- endmacro %}

{# A month or quarter as people call it: March 2025, Q2 2025. #}
{% macro period_name(period_code, period_start) -%}
    case
            when {{ period_code }} = 'quarter'
                then 'Q' || cast(extract(quarter from {{ period_start }}) as {{ dbt.type_string() }})
            {% for name in [
                'January', 'February', 'March', 'April', 'May', 'June', 'July',
                'August', 'September', 'October', 'November', 'December',
            ] -%}
            when extract(month from {{ period_start }}) = {{ loop.index }} then '{{ name }}'
            {% endfor -%}
        end
        || ' ' || cast(extract(year from {{ period_start }}) as {{ dbt.type_string() }})
{%- endmacro %}

{# A number without its fraction, for people. #}
{% macro whole_text(number) -%}
    cast(cast(floor({{ number }} + 0.5) as bigint) as {{ dbt.type_string() }})
{%- endmacro %}
