{# A grain of several columns; nulls of a key count as one value. #}
{% test unique_by(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
