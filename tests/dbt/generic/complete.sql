{#- None of the columns is ever null; one scan for all of them. -#}
{% test complete(model, columns) %}
select *
from {{ model }}
where
    {% for column in columns -%}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {% endfor %}
{% endtest %}
