{#
    Tables that are rebuilt where something has changed. A table has a version, which
    grows when its rows change. A table that others follow keeps beside it, in schema
    `changes`, the rows that came (sign 1) and went (sign -1) with each version. With
    its rows each model writes, in one transaction, the versions that it has read: so
    what a killed night has left undone, the next one sees.

    A model `materialized: keyed` says in `meta.touched` by which columns (`key`) it is
    rebuilt, and for each table that it reads (`by`) which keys a changed row touches:
    those of the same columns, or of `key`, expressions over `changed` and the tables
    that are looked `through` on the way (`own` is the model itself), the last of which
    bears the key. `files: {}` stands for raw files, known by column `source_file`. A
    change of a table that is not named, or of which `everything` is said, touches
    everything; the latter is compared with what it was, so that building it again is
    no change. What moves every night, as how far a source is watched, has no place in
    such a model: a view sets it, or the models that count.
#}

{# A relation's rows of the keys that are rebuilt; in a full build all of them. #}
{% macro touched(relation, columns=none) -%}
    {{ return(adapter.dispatch('touched')(relation, columns)) }}
{%- endmacro %}

{% macro default__touched(relation, columns) -%}
    {{ relation }}
{%- endmacro %}

{% macro duckdb__touched(relation, columns) -%}
    {%- if plan_of_build().way == 'touched' -%}
    (
        {{ touched_rows(relation, columns) }}
        {%- if 'files' in config.get('meta').touched.by %}
        {#- by its folder, said outright, a file is passed over without being read #}
        where found._batch_id in ({{ quoted(touched_batches()) }})
        {%- endif %}
    )
    {%- else -%}
    {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# The batches that brought the files that are rebuilt; of none a name that none has. #}
{% macro touched_batches() %}
    {%- set query -%}
        select distinct batch_id from state.admitted
        where model = '{{ model.name }}'
            and file_name in (select source_file from ({{ keys_touched(plan_of_build()) }}))
        order by batch_id
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() or ['']) }}
{% endmacro %}

{# Of a relation, here called `found`, the rows of touched keys; null is a key too. #}
{% macro touched_rows(relation, columns=none, wanted='found.*') -%}
    {%- set key = config.get('meta').touched.key -%}
    select {{ wanted }} from {{ relation }} as found
        semi join temp.touched_keys as touched_keys
            on {% for column in key -%}
                found.{{ (columns or key)[loop.index0] }} is not distinct from touched_keys.{{ column }}
                {{- ' and ' if not loop.last }}
            {%- endfor %}
{%- endmacro %}

{#
    How this model is to be built: `whole`, `touched` keys alone, or `none` of it,
    since nothing that it is made of has changed. Asked when the model is compiled and
    when it is run: nothing that it reads changes in between.
#}
{% macro plan_of_build() %}
    {%- set whole = {'way': 'whole', 'inputs': [], 'is_known': false, 'told': none} -%}
    {%- if not execute or model.resource_type != 'model' -%}{{ return(whole) }}{%- endif -%}
    {#- what `funnelhouse run` tells dbt; a build by hand is told nothing -#}
    {%- set told = var('told', {}).get(model.name) -%}
    {%- do whole.update({'told': told}) -%}
    {%- if not told or told.version is none -%}{{ return(whole) }}{%- endif -%}
    {%- set found = load_cached_relation(this) -%}
    {%- do whole.update({'is_known': found is not none and found.type == 'table'}) -%}
    {%- if flags.FULL_REFRESH or not whole.is_known or not told.is_same -%}{{ return(whole) }}{%- endif -%}
    {#- an account looks at what stands there, also where nobody meant to change it #}
    {%- if config.get('meta', {}).get('is_account') -%}{{ return(whole) }}{%- endif -%}
    {%- set by = config.get('meta', {}).get('touched', {}).get('by', {}) -%}
    {%- set news = [] -%}
    {%- for input in inputs_now(told) if input.read_version != input.version or input.version is none -%}
        {%- if input.name not in by or input.version is none or input.read_version is none or input.whole_version > input.read_version or by[input.name] == 'everything' -%}
            {{ return(whole) }}
        {%- endif -%}
        {%- do news.append(input) -%}
    {%- endfor -%}
    {%- set way = 'touched' if news or told.has_other_files else 'none' -%}
    {{ return({'way': way, 'inputs': news, 'is_known': true, 'told': told}) }}
{% endmacro %}

{# The tables that this model reads: the version it has read, and the one there is. #}
{% macro inputs_now(told) %}
    {%- if not told.inputs -%}{{ return([]) }}{%- endif -%}
    {%- set query -%}
        select model, version, whole_version from state.built
        where model in ({{ quoted(told.inputs) }})
    {%- endset -%}
    {%- set built = {} -%}
    {%- for row in run_query(query).rows -%}{%- do built.update({row['model']: row}) -%}{%- endfor -%}
    {%- set found = [] -%}
    {%- for name in told.inputs -%}
        {%- set row = built.get(name, {'version': none, 'whole_version': none}) -%}
        {%- do found.append({'name': name, 'read_version': told.read_versions.get(name), 'version': row['version'], 'whole_version': row['whole_version']}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro follows_files() -%}
    {{ return('files' in config.get('meta', {}).get('touched', {}).get('by', {})) }}
{%- endmacro %}

{# Files admitted and not seen, or seen and no longer admitted, or known to another time. #}
{% macro other_files() -%}
    select source_file from (
        select * exclude (model, file_name), file_name as source_file from state.admitted
        where model = '{{ model.name }}'
        except
        select * exclude (model, file_name), file_name as source_file from state.files
        where model = '{{ model.name }}'
        union all
        (
            select * exclude (model, file_name), file_name as source_file from state.files
            where model = '{{ model.name }}'
            except
            select * exclude (model, file_name), file_name as source_file from state.admitted
            where model = '{{ model.name }}'
        )
    )
{%- endmacro %}

{# The keys that changes of the inputs touch. #}
{% macro keys_touched(plan) %}
    {%- set touched = config.get('meta').touched -%}
    {%- set selects = [] -%}
    {%- if plan.told.has_other_files -%}{%- do selects.append(other_files()) -%}{%- endif -%}
    {%- for input in plan.inputs -%}
        {%- set ways = touched.by[input.name] or {} -%}
        {%- for way in ([ways] if ways is mapping else ways) -%}
            {%- do selects.append(keys_touched_by(input, way, touched.key)) -%}
        {%- endfor -%}
    {%- endfor -%}
    select distinct * from (
        {{ selects | join('\n        union all\n        ') }}
    ) as keys
{% endmacro %}

{% macro keys_touched_by(input, way, key) -%}
    {%- set stated = way.get('key') or {} -%}
    {%- set through = way.get('through') or {} -%}
    {%- set last = (through | list)[-1] if through else 'changed' -%}
    select
        {%- for column in key %}
        {{ stated.get(column, last ~ '.' ~ column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select * exclude (version, sign)
        from changes."{{ input.name }}"
        where version > {{ input.read_version }}
        group by all
        having sum(sign) <> 0
    ) as changed
    {%- for name, condition in through.items() %}
    inner join {{ this if name == 'own' else relation_named(name) }} as {{ name }}
        on {{ condition }}
    {%- endfor %}
{%- endmacro %}

{% macro relation_named(name) %}
    {%- for node in graph.nodes.values() if node.name == name and node.resource_type == 'model' -%}
        {{ return(api.Relation.create(node.database, node.schema, node.alias)) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(model.name ~ " looks among " ~ name ~ ", which is no model") }}
{% endmacro %}

{# Written with the rows: a version, and what was read for it. #}
{% macro record_build(plan, version, whole_version) %}
    {%- set told = plan.told %}
    delete from state.built where model = '{{ model.name }}';
    insert into state.built
    select
        '{{ model.name }}', {{ version }}, {{ whole_version }},
        '{{ told.fingerprint }}', '{{ told.lake_fingerprint }}',
        map(list(built.model), list(built.version))
    from state.built as built
    where built.model in ({{ quoted(told.inputs or ['']) }});
    {% if follows_files() %}
    delete from state.files where model = '{{ model.name }}';
    insert into state.files select * from state.admitted where model = '{{ model.name }}';
    {% endif %}
{% endmacro %}

{% macro record_whole_build(plan) %}
    {%- if not plan.told %}
    {#- built by hand: nobody knows from what #}
    {%- if adapter.get_relation(this.database, 'state', 'built') is not none %}
    delete from state.built where model = '{{ model.name }}';
    {%- endif %}
    {%- else %}
    {%- if plan.told.watchers %}
    create or replace table changes."{{ model.name }}" as
    select cast(0 as bigint) as version, cast(0 as integer) as sign, * from {{ this }}
    limit 0;
    {%- endif %}
    {%- set version = (plan.told.version or 0) + 1 %}
    {{ record_build(plan, version, version) }}
    {%- endif %}
{% endmacro %}

{# Log what went of relation `was` and came with `fresh`; forget what all have read. #}
{% macro log_changes(plan, was, fresh) %}
    create or replace temp table new_changes as
    select cast(sum(sign) as integer) as net, * exclude (sign) from (
        select -1 as sign, * from {{ was }}
        union all by name
        select 1 as sign, * from {{ fresh }}
    ) as told
    group by all
    having sum(sign) <> 0;
    create or replace temp table new_version as
    select
        version + case when exists (select 1 from new_changes) then 1 else 0 end as version,
        whole_version
    from state.built where model = '{{ model.name }}';
    {% if plan.told.watchers %}
    delete from changes."{{ model.name }}"
    where version <= (
        select coalesce(min(coalesce(inputs['{{ model.name }}'], 0)), 0)
        from state.built where model in ({{ quoted(plan.told.watchers) }})
    );
    insert into changes."{{ model.name }}" by name
    select
        (select version from new_version) as version,
        net as sign,
        * exclude (net)
    from new_changes;
    {% endif %}
{% endmacro %}

{% materialization keyed, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set plan = plan_of_build() -%}
    {%- if plan.way == 'none' -%}
        {{ keep_as_it_is() }}
    {%- elif plan.way == 'whole' -%}
        {{ build_whole(target, plan) }}
    {%- else -%}
        {{ build_touched(target, plan) }}
    {%- endif -%}
    {% do adapter.commit() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Elsewhere such a model is a table like any other. #}
{% materialization keyed, default %}
    {{ return(context['materialization_table_' ~ adapter.type()]()) }}
{% endmaterialization %}

{% macro keep_as_it_is() %}
    {% call noop_statement('main', 'UNCHANGED', 'UNCHANGED', 0) %}
        select 1
    {% endcall %}
{% endmacro %}

{% macro build_whole(target, plan) %}
    {%- if 'temp.touched_keys' in sql -%}
        {{ exceptions.raise_compiler_error(model.name ~ " was compiled for some keys and would be built as if for all; please report this") }}
    {%- endif -%}
    {{ make_way_for(target) }}
    {% call statement('main') -%}
        create or replace table {{ target }} as (
            {{ as_contracted(sql) }}
        );
        {{ record_whole_build(plan) }}
    {%- endcall %}
{% endmacro %}

{# Build beside, compare with what stands, and take its place. #}
{% macro build_compared(target, plan) %}
    {%- set fresh = target.incorporate(path={'identifier': target.identifier ~ '__fresh'}) -%}
    {% call statement('main') -%}
        create or replace table {{ fresh }} as (
            {{ as_contracted(sql) }}
        )
    {%- endcall %}
    {%- set is_alike = columns_of(fresh) == columns_of(target) -%}
    {% call statement('record') %}
        {%- if is_alike %}{{ log_changes(plan, target, fresh) }}{% endif %}
        drop table {{ target }};
        alter table {{ fresh }} rename to {{ adapter.quote(target.identifier) }};
        {%- if is_alike %}
        {{ record_build(plan, '(select version from new_version)', '(select whole_version from new_version)') }}
        {%- else %}
        {{ record_whole_build(plan) }}
        {%- endif %}
    {% endcall %}
{% endmacro %}

{% macro columns_of(relation) %}
    {%- set query -%}
        select column_name, data_type from duckdb_columns()
        where schema_name = '{{ relation.schema }}' and table_name = '{{ relation.identifier }}'
        order by column_index
    {%- endset -%}
    {%- set found = [] -%}
    {%- for row in run_query(query).rows -%}{%- do found.append(row['column_name'] ~ ' ' ~ row['data_type']) -%}{%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro build_touched(target, plan) %}
    {% call statement('touch') %}
        create or replace temp table touched_keys as
        {{ keys_touched(plan) }};
        create or replace temp table old_rows as
        {{ touched_rows(target) }};
    {% endcall %}
    {% call statement('main') -%}
        create or replace temp table fresh_rows as
        {{ touched_rows('(' ~ as_contracted(sql) ~ ')') }}
    {%- endcall %}
    {% call statement('record') %}
        {{ log_changes(plan, 'old_rows', 'fresh_rows') }}
        delete from touched_keys where not exists (
            select 1 from new_changes as found
            where {% for column in config.get('meta').touched.key -%}
                found.{{ column }} is not distinct from touched_keys.{{ column }}
                {{- ' and ' if not loop.last }}
            {%- endfor %}
        );
        delete from {{ target }} where rowid in (
            {{ touched_rows(target, wanted='found.rowid') }}
        );
        insert into {{ target }} by name
        {{ touched_rows('fresh_rows') }};
        {{ record_build(plan, '(select version from new_version)', '(select whole_version from new_version)') }}
        drop table old_rows;
        drop table fresh_rows;
    {% endcall %}
{% endmacro %}

{% macro as_contracted(sql) %}
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {{ get_select_subquery(sql) }}
    {%- else %}
    {{ sql }}
    {%- endif %}
{% endmacro %}
