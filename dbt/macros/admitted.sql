{#
    A raw table as this run may know it: rows of admitted files, taken by as-of.
    In mode `full` a key that a later whole extract lacks comes once more, as it
    was, with _is_vanished and the time of the extract that lacks it. An extract with
    rejected records is not whole: what it lacks may be among them.
#}
{% macro admitted(source_code, table_name) %}
    {%- set raw = source(source_code, table_name) -%}
    {%- set files = source('lake', 'files') -%}
    {%- set runs = source('lake', 'runs') -%}
    {%- set extract = extract_contract(source_code, table_name) -%}
    {%- if extract.get('mode') == 'full' and extract.get('key') -%}
    (
        with known as (
            {{ known_rows(raw, files, runs, source_code, table_name) }}
        ),

        extracts as (
            select
                _extracted_at,
                min(case when is_whole then _extracted_at end) over (
                    order by _extracted_at
                    rows between 1 following and unbounded following
                ) as next_whole_at
            from (
                select
                    extracted_at as _extracted_at,
                    sum(rejected_count) = 0 as is_whole
                from {{ files }}
                where source_code = '{{ source_code }}' and table_name = '{{ table_name }}'
                    and extracted_at <= (select as_of from {{ runs }})
                group by extracted_at
            ) as taken
        ),

        followed as (
            select
                known.*,
                extracts.next_whole_at as _next_whole_at,
                lead(known._extracted_at) over (
                    partition by {% for key in extract['key'] %}{{ adapter.quote(key) }}{{ ', ' if not loop.last }}{% endfor %}
                    order by known._extracted_at
                ) as _next_seen_at
            from known
            inner join extracts on known._extracted_at = extracts._extracted_at
        )

        select
            known.* {{ exclude() }} (_extracted_at),
            known._extracted_at,
            false as _is_vanished
        from known
        union all
        select
            followed.* {{ exclude() }} (_extracted_at, _next_whole_at, _next_seen_at),
            followed._next_whole_at as _extracted_at,
            true as _is_vanished
        from followed
        where _next_whole_at is not null
            and (_next_seen_at is null or _next_seen_at > _next_whole_at)
    )
    {%- else -%}
    (
        select
            known.*,
            false as _is_vanished
        from (
            {{ known_rows(raw, files, runs, source_code, table_name) }}
        ) as known
    )
    {%- endif -%}
{% endmacro %}

{% macro known_rows(raw, files, runs, source_code, table_name) -%}
            select * from {{ raw }}
            where (_source_file, _batch_id) in (
                select file_name, batch_id from {{ files }}
                where source_code = '{{ source_code }}' and table_name = '{{ table_name }}'
            )
            and _extracted_at <= (select as_of from {{ runs }})
{%- endmacro %}

{# meta.extract of a raw table, the source's own defaults below it. #}
{% macro extract_contract(source_code, table_name) %}
    {% if not execute %}{{ return({}) }}{% endif %}
    {% for node in graph.sources.values()
        if node.source_name == source_code and node.name == table_name %}
        {% set contract = {} %}
        {% do contract.update((node.get('source_meta') or {}).get('extract') or {}) %}
        {% do contract.update((node.config.get('meta') or {}).get('extract') or {}) %}
        {{ return(contract) }}
    {% endfor %}
{% endmacro %}
