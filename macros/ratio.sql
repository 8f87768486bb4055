{#- A quotient as a double; null where the denominator is zero or null. -#}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}
