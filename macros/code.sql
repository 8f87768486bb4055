{#- A code as the contract writes it: trimmed, lower case, null where empty. -#}
{% macro code(raw_column) -%}
nullif(lower(trim({{ raw_column }})), '')
{%- endmacro %}
