{#
    Tables and views of the builder's own warehouse, replaced in one statement.
    dbt-duckdb builds beside, renames twice and drops, for readers that this warehouse
    does not have; over the 200 models of a night that is a quarter of its time.
#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set plan = plan_of_build() -%}
    {%- if plan.way == 'none' -%}
        {{ keep_as_it_is() }}
    {%- elif plan.is_known and plan.told.watchers and not flags.FULL_REFRESH -%}
        {{ build_compared(target, plan) }}
    {%- else -%}
        {{ build_whole(target, plan) }}
    {%- endif -%}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ make_way_for(target) }}
    {% call statement('main') -%}
        create or replace view {{ target }} as (
            {{ as_contracted(sql) }}
        )
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# A view does not replace a table, nor the other way round. #}
{% macro make_way_for(target) %}
    {%- set existing = load_cached_relation(target) -%}
    {%- if existing is not none and existing.type != target.type -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}
{% endmacro %}
