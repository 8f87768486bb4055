{#- True where the raw text says something that its typed column could not hold. -#}
{% macro is_unreadable(raw_column, typed_column) -%}
(nullif(trim({{ raw_column }}), '') is not null and {{ typed_column }} is null)
{%- endmacro %}
