{#- Stops the query with a message when it is evaluated. Put it in a `where`: a column that nothing
    reads is never computed. -#}
{% macro raise_error(message) -%}
    {{ return(adapter.dispatch('raise_error')(message)) }}
{%- endmacro %}

{% macro default__raise_error(message) -%}
cast(raise_error({{ message }}) as boolean)
{%- endmacro %}

{% macro duckdb__raise_error(message) -%}
cast(error({{ message }}) as boolean)
{%- endmacro %}
