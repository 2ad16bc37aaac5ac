{# One test a table, not one a column: dbt takes longer over a test than over rows. #}
{% test never_null(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where {{ columns | join(' is null or ') }} is null

{% endtest %}
