-- A null that was text in the file is a value lost, not a value missing.
{% for object in [
    'deals', 'stage_changes', 'stage_labels', 'deal_changes', 'leads', 'contacts',
    'activities', 'web_events', 'spend', 'orders',
] %}
select
    source_code,
    '{{ object }}' as object_name,
    min(split_part(uncastable, ' ', 1)) as column_name,
    count(*) as values_count,
    count(uncastable) as uncastable_count,
    min(uncastable) as example_value,
    min_by(
        source_file || ', row ' || cast(source_row as {{ dbt.type_string() }}),
        uncastable
    ) as example_file
from (
    {{ union_sources(object) }}
) as brought
group by source_code
{{ 'union all' if not loop.last }}
{% endfor %}
