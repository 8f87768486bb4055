{#- Exact quantile of a column within a group: the same for any row order. -#}
{% macro quantile(column, share) -%}
percentile_cont({{ share }}) within group (order by {{ column }})
{%- endmacro %}
