{# Rows in and rows out, a table at a time; what is counted follows from what is declared. #}

{# A count a raw table of enabled sources: its rows of files that this run admits. #}
{% macro raw_counts() %}
    {%- set counts = [] -%}
    {%- set declared = graph.sources.values() if execute else [] -%}
    {%- for node in declared if node.source_name in enabled_sources() -%}
        {%- set count %}
    select '{{ node.source_name }}' as source_code, count(*) as rows_count
    from {{ source(node.source_name, node.name) }} as landed
    where exists (
        select 1 from {{ source('lake', 'files') }} as files
        where files.source_code = '{{ node.source_name }}'
            and files.table_name = '{{ node.name }}'
            and files.batch_id = landed._batch_id
            and files.file_name = landed._source_file
    )
        {%- endset -%}
        {%- do counts.append(count) -%}
    {%- endfor -%}
    {{ counts | join('\n    union all') or "select cast(null as " ~ dbt.type_string() ~ ") as source_code, 0 as rows_count where 1 = 0" }}
{% endmacro %}

{#
    An account a staging model: rows admitted of the raw tables it reads, and rows it
    has. A model whose rows are not those of its tables says so in its YAML, in
    `meta.rows`: by table, `aside` is a condition on rows that it leaves out, `again`
    on rows that it tells a second time; of tables that are `looked_up` it tells none.
#}
{% macro staging_accounts() %}
    {%- set accounts = [] -%}
    {%- for source_code in enabled_sources() -%}
        {%- for object in var('sources')[source_code] -%}
            {%- set name = 'stg_' ~ source_code ~ '__' ~ object -%}
            {%- set account %}
    select
        'raw_in_{{ object }}' as check_code,
        '{{ source_code }}' as scope,
        (select count(*) from {{ ref(name) }}) as staged_count,
        sum(brought_count) as brought_count,
        sum(aside_count) as aside_count,
        sum(again_count) as again_count
    from (
        {{ tables_of(name) }}
    ) as told
            {%- endset -%}
            {%- do accounts.append(account) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ accounts | join('\n    union all') }}
{% endmacro %}

{% macro tables_of(name) %}
    {%- set counts = [] -%}
    {%- set models = graph.nodes.values() if execute else [] -%}
    {%- for node in models if node.name == name -%}
        {%- set rows = node.config.meta.get('rows', {}) -%}
        {%- for id in node.depends_on.nodes if id in graph.sources -%}
            {%- set table = graph.sources[id] -%}
            {%- if table.source_name != 'lake' and table.name not in rows.get('looked_up', []) -%}
                {%- set count %}
        select
            count(*) as brought_count,
            count(case when {{ rows.get('aside', {}).get(table.name, 'false') }} then 1 end) as aside_count,
            count(case when {{ rows.get('again', {}).get(table.name, 'false') }} then 1 end) as again_count
        from {{ admitted(table.source_name, table.name) }} as admitted
                {%- endset -%}
                {%- do counts.append(count) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ counts | join('\n        union all') or 'select 0 as brought_count, 0 as aside_count, 0 as again_count' }}
{% endmacro %}

{# Rows brought of an object = those without an id + told before + kept, by source. #}
{% macro known_account(check_code, object, key, kept) %}
    select
        '{{ check_code }}' as check_code,
        brought.source_code as scope,
        brought.rows_count as expected_count,
        brought.aside_count + brought.again_count + coalesce(kept.rows_count, 0)
            as actual_count
    from (
        select
            source_code,
            count(*) as rows_count,
            count(*) - count({{ key }}) as aside_count,
            count({{ key }}) - count(distinct {{ key }}) as again_count
        from ({{ union_sources(object) }}) as told
        group by source_code
    ) as brought
    left join (
        select source_code, count(*) as rows_count
        from {{ ref(kept) }}
        group by source_code
    ) as kept on brought.source_code = kept.source_code
{% endmacro %}

{# Deals that a link tells of = those that bear it in `column` + those nobody knows. #}
{% macro linked_account(check_code, object, column, condition) %}
    select
        '{{ check_code }}' as check_code,
        brought.source_code as scope,
        count(distinct brought.deal_id) as expected_count,
        count(
            distinct case
                when deals.deal_id is null or deals.{{ column }} is not null
                    then brought.deal_id
            end
        ) as actual_count
    from ({{ union_sources(object) }}) as brought
    left join {{ ref('int_deals') }} as deals
        on brought.source_code = deals.source_code
        and brought.deal_id = deals.deal_id
    where {{ condition }}
    group by brought.source_code
{% endmacro %}

{# What a model holds = what its mart publishes of it, by source. #}
{% macro published_account(held, mart) %}
    select
        'published_in_{{ mart }}' as check_code,
        source_code as scope,
        sum(held_count) as expected_count,
        sum(published_count) as actual_count
    from (
        select source_code, count(*) as held_count, 0 as published_count
        from {{ ref(held) }}
        group by source_code
        union all
        select source_code, 0 as held_count, count(*) as published_count
        from {{ ref(mart) }}
        group by source_code
    ) as counted
    group by source_code
{% endmacro %}
