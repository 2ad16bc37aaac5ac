{#
    What Apache Spark says otherwise than DuckDB, macro for macro; nothing else differs.
    Times are timestamps without a zone (spark.sql.timestampType), in UTC.
#}

{% macro spark__exclude() -%}
    except
{%- endmacro %}

{% macro spark__matches(text, form) -%}
    {{ text }} rlike '^ *({{ form }}) *\\z'
{%- endmacro %}

{% macro spark__microseconds(time) -%}
    unix_micros(cast({{ time }} as timestamp_ltz))
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (({{ microseconds(later) }} - {{ microseconds(earlier) }}) / 1e6)
{%- endmacro %}

{% macro spark__plus_seconds(time, seconds) -%}
    cast(
        timestamp_micros(
            {{ microseconds(time) }} + cast(round({{ seconds }} * 1000000.0) as bigint)
        ) as timestamp_ntz
    )
{%- endmacro %}

{% macro spark__plus_days(date, days) -%}
    date_add(cast({{ date }} as date), cast(round({{ days }}) as int))
{%- endmacro %}

{# dbt-spark's own goes by way of seconds and gives a timestamp of another kind. #}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    ({{ from_date_or_timestamp }} + interval '{{ interval }}' {{ datepart }})
{%- endmacro %}

{#
    The salt as the environment of the executors (and of the driver) holds it: asked
    at run time, it stands in no compiled file, no plan, no catalog and no log.
#}
{% macro spark__salt() -%}
    coalesce(
        reflect('java.lang.System', 'getenv', 'FUNNELHOUSE_PII_SALT'),
        raise_error('FUNNELHOUSE_PII_SALT is not set on the cluster: set spark.executorEnv.FUNNELHOUSE_PII_SALT and that of the driver')
    )
{%- endmacro %}

{% macro spark__salted(expression) -%}
    sha2({{ spark__salt() }} || {{ expression }}, 256)
{%- endmacro %}

{% macro spark__json_text(document, path) -%}
    get_json_object({{ document }}, '{{ path }}')
{%- endmacro %}

{% macro spark__json_texts(document, paths) -%}
    array({% for path in paths.values() -%}
        {{ json_text(document, path) }}{{ ', ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}

{% macro spark__text_at(texts, place) -%}
    {{ texts }}[{{ place - 1 }}]
{%- endmacro %}

{% macro spark__json_value(document, name) -%}
    get_json_object({{ document }}, '$[''' || {{ name }} || ''']')
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    explode(case
        when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}, interval 1 day)
    end)
{%- endmacro %}

{% macro spark__first_known(expression, window) -%}
    first_value({{ expression }}) ignore nulls over {{ window }}
{%- endmacro %}

{% macro spark__last_known(expression, window) -%}
    last_value({{ expression }}) ignore nulls over {{ window }}
{%- endmacro %}

{% macro spark__joined_in_order(text, separator, order) -%}
    listagg({{ text }}, {{ separator }}) within group (order by {{ order }})
{%- endmacro %}

{% macro spark__json_object_of(name, value, order) -%}
    to_json(
            map_from_entries(
                transform(
                    array_sort(collect_list(struct({{ order }} as place, {{ name }} as name, {{ value }} as value))),
                    entry -> struct(entry.name, entry.value)
                )
            ),
            map('ignoreNullFields', 'false')
        )
{%- endmacro %}

{% macro spark__iso_time(time) -%}
    date_format({{ time }}, 'yyyy-MM-dd''T''HH:mm:ss.SSSSSS''Z''')
{%- endmacro %}

{# A later run of the same unit, by an ordinary join; of those found the first. #}
{% macro spark__next_legs(legs, runs) -%}
    select
        {{ attempt_columns('followed') }},
        followed.instant_number
    from (
        select
            {{ leg_columns('legs', 'runs') }},
            row_number() over (
                partition by
                    {{ attempt_columns('legs') }},
                    legs.instant_number
                order by runs.occurred_at
            ) as run_rank
        from {{ legs }} as legs
        inner join {{ runs }} as runs
            on legs.unit_number = runs.unit_number
            and legs.furthest_step_order + 1 = runs.from_step
            and legs.completed_at < runs.occurred_at
            and runs.occurred_at <= legs.window_ends_at
    ) as followed
    where followed.run_rank = 1
{%- endmacro %}

{#
    Spark reads one spelling of a time: dashes, one T or blank, seconds and an offset
    behind it.
    What has another form than ours was sorted out by then.
#}
{% macro spark__read_time(text, type) -%}
    try_cast(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    replace(upper(trim({{ text }})), '/', '-'), '[ T]+(?=[0-9])', ' '
                ),
                ' ?(Z|UTC|[+-][0-9:]+)\\z', '$1'
            ),
            '( [0-9]{1,2}:[0-9]{2})(?=(Z|UTC|[+-][0-9:]+)\\z)', '$1:00'
        ) as {{ type }}
    )
{%- endmacro %}

{% macro spark__to_utc(text, zone) -%}
    case
        when {{ matches(text, date_form() ~ time_form() ~ offset_form()) }}
            then cast({{ spark__read_time(text, 'timestamp_ltz') }} as timestamp_ntz)
        when {{ matches(text, date_form() ~ '(' ~ time_form() ~ ')?') }}
            then {{ zoned(spark__read_time(text, 'timestamp_ntz'), zone) }}
    end
{%- endmacro %}

{# Of a time that comes twice Spark takes the first, as we do. #}
{% macro spark__zoned(clock, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ clock }}
    {%- else -%}
        cast(to_utc_timestamp({{ clock }}, '{{ zone }}') as timestamp_ntz)
    {%- endif -%}
{%- endmacro %}

{% macro spark__reporting_time(time) -%}
    cast(from_utc_timestamp({{ time }}, {{ reporting_zone() }}) as timestamp_ntz)
{%- endmacro %}

{% macro spark__from_reporting_time(time) -%}
    cast(to_utc_timestamp({{ time }}, {{ reporting_zone() }}) as timestamp_ntz)
{%- endmacro %}

{% macro spark__start_of_date(date) -%}
    {{ from_reporting_time('cast(' ~ date ~ ' as timestamp_ntz)') }}
{%- endmacro %}

{# strptime's signs as Java's; `date_format` of a source is written in the former. #}
{% macro spark__formatted_time(column, date_format) -%}
    {%- set signs = {
        '%Y': 'yyyy', '%y': 'yy', '%m': 'M', '%d': 'd', '%H': 'H', '%I': 'h',
        '%M': 'm', '%S': 's', '%f': 'SSSSSS', '%p': 'a', '%b': 'MMM', '%B': 'MMMM',
        '%z': 'XXX', '%j': 'DDD', 'T': "''T''",
    } -%}
    {%- set form = namespace(text=date_format) -%}
    {%- for sign, letters in signs.items() -%}
        {%- set form.text = form.text | replace(sign, letters) -%}
    {%- endfor -%}
    cast(try_to_timestamp(trim({{ column }}), '{{ form.text }}') as string)
{%- endmacro %}

{% macro spark__masked(expression, signed) -%}
    {{ return(default__masked(expression, signed) | replace('\\', '\\\\') | replace(", 'g'", '')) }}
{%- endmacro %}

{% macro spark__shape_of(column) -%}
    regexp_replace({{ free_text(column) }}, '\\p{L}{2,}', 'xx')
{%- endmacro %}

{#
    A table all the same: Spark plans a view anew for each that reads it, gates read
    them all, and a catalog holds no more than 32,700 letters of one.
#}
{% materialization view, adapter='spark' %}
    {{ return(context['materialization_table_spark']()) }}
{% endmaterialization %}

{% macro spark__product_of(number) -%}
    aggregate(
            collect_list(cast({{ number }} as double)),
            cast(1 as double),
            (total, factor) -> total * factor
        )
{%- endmacro %}
