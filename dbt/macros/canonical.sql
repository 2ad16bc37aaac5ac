{# What a canonical object is made of: semantics of each column stand in its mart. #}
{% macro canonical_columns(object) %}
    {% set text, time, number, flag, whole = 'text', 'time', 'number', 'flag', 'whole' %}
    {% set columns = {
        'stage_changes': {
            'source_code': text, 'deal_id': text, 'lead_id': text,
            'source_pipeline': text, 'source_stage': text, 'changed_at': time,
            'changed_after': time, 'source_sequence': whole, 'evidence_kind': text,
            'known_at': time,
        },
        'deals': {
            'source_code': text, 'deal_id': text, 'lead_id': text, 'contact_id': text,
            'account_id': text, 'source_pipeline': text, 'source_stage': text,
            'owner_id': text, 'amount': number, 'currency_code': text,
            'probability': number, 'created_at': time, 'expected_close_at': time,
            'closed_at': time, 'loss_reason': text, 'product': text, 'region': text,
            'channel': text, 'is_deleted': flag, 'deleted_at': time,
            'merged_into_deal_id': text, 'merged_at': time,
            'known_at': time,
        },
        'deal_changes': {
            'source_code': text, 'deal_id': text, 'field_code': text, 'value': text,
            'changed_at': time, 'known_at': time,
        },
        'deal_contacts': {
            'source_code': text, 'deal_id': text, 'contact_id': text, 'known_at': time,
        },
        'deal_merges': {
            'source_code': text, 'deal_id': text, 'merged_into_deal_id': text,
            'merged_at': time, 'known_at': time,
        },
        'stage_labels': {
            'source_code': text, 'source_pipeline': text, 'source_stage': text,
            'source_label': text, 'probability': number, 'is_won': flag,
            'is_closed': flag, 'known_at': time,
        },
        'leads': {
            'source_code': text, 'lead_id': text, 'contact_id': text,
            'created_at': time, 'channel': text, 'campaign': text, 'keyword': text,
            'landing_page': text, 'converted_deal_id': text, 'converted_at': time,
            'is_deleted': flag, 'known_at': time,
        },
        'contacts': {
            'source_code': text, 'contact_id': text, 'email_hash': text,
            'merged_into_contact_id': text, 'created_at': time, 'known_at': time,
        },
        'owners': {
            'source_code': text, 'owner_id': text, 'owner_name': text,
            'team_code': text, 'known_at': time,
        },
        'activities': {
            'source_code': text, 'activity_id': text, 'deal_id': text,
            'contact_id': text, 'owner_id': text, 'source_event': text,
            'direction_code': text, 'occurred_at': time, 'known_at': time,
        },
        'web_events': {
            'source_code': text, 'event_id': text, 'visitor_id': text,
            'user_id': text, 'email_hash': text, 'session_id': text,
            'source_event': text, 'is_page_view': flag, 'occurred_at': time,
            'page_url': text,
            'referrer': text, 'utm_source': text, 'utm_medium': text,
            'utm_campaign': text, 'utm_term': text, 'utm_content': text,
            'region': text, 'device': text, 'product': text, 'properties': text,
            'known_at': time,
        },
        'spend': {
            'source_code': text, 'spend_date': 'day', 'channel': text,
            'campaign': text, 'keyword': text, 'region': text, 'amount': number,
            'currency_code': text, 'clicks': whole, 'impressions': whole,
            'known_at': time,
        },
        'orders': {
            'source_code': text, 'order_id': text, 'contact_id': text, 'deal_id': text,
            'ordered_at': time, 'product': text, 'amount': number,
            'currency_code': text, 'known_at': time,
        },
    }[object] %}
    {% do columns.update({'source_file': text, 'source_row': whole, 'uncastable': text}) %}
    {{ return(columns) }}
{% endmacro %}

{% macro canonical_type(kind) -%}
    {{ return({
        'text': dbt.type_string(), 'time': dbt.type_timestamp(), 'day': 'date',
        'number': 'double', 'flag': 'boolean', 'whole': 'bigint',
    }[kind]) }}
{%- endmacro %}

{# The sources of this run: FUNNELHOUSE_SOURCES, else all that dbt_project.yml names. #}
{% macro enabled_sources() %}
    {% set named = env_var('FUNNELHOUSE_SOURCES', '').split(',') | map('trim') | select | list %}
    {% for source_code in named if source_code not in var('sources') %}
        {{ exceptions.raise_compiler_error(
            "FUNNELHOUSE_SOURCES names '" ~ source_code ~ "', which dbt_project.yml does not: "
            ~ var('sources') | join(', ')
        ) }}
    {% endfor %}
    {{ return(named or var('sources') | list) }}
{% endmacro %}

{# One object of all enabled sources; a column that a source lacks is a typed null. #}
{% macro union_sources(object) %}
    {%- set columns = canonical_columns(object) -%}
    {%- set providers = [] -%}
    {%- for source_code in enabled_sources() if object in var('sources')[source_code] -%}
        {%- do providers.append(ref('stg_' ~ source_code ~ '__' ~ object)) -%}
    {%- endfor -%}
    {%- for relation in providers %}
    {%- set provided = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list if execute else [] %}
    select
        {%- for column, kind in columns.items() %}
        cast({{ column if column in provided else 'null' }} as {{ canonical_type(kind) }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        {%- for column, kind in columns.items() %}
        cast(null as {{ canonical_type(kind) }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
    {%- endfor %}
{% endmacro %}

{# Enabled sources that provide an object, quoted and with commas. #}
{% macro sources_with(object) -%}
    {%- set found = [] -%}
    {%- for source_code in enabled_sources() if object in var('sources')[source_code] -%}
        {%- do found.append(source_code) -%}
    {%- endfor -%}
    {{ quoted(found or ['']) }}
{%- endmacro %}

{% macro quoted(values) -%}
    {% for value in values %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}
