{#- A column holds each of the values and no other: a row that someone deletes is missed. -#}
{% test exact_values(model, column_name, values) %}
with

expected as (
    {% for value in values -%}
        select '{{ value }}' as expected_value
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    expected.expected_value,
    found.{{ column_name }} as found_value
from expected
full outer join {{ model }} as found
    on expected.expected_value = found.{{ column_name }}
where
    expected.expected_value is null
    or found.{{ column_name }} is null
{% endtest %}
