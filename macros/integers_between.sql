{#- A column of all whole numbers from one to another, both included. -#}
{% macro integers_between(from_number, to_number) -%}
    {{ return(adapter.dispatch('integers_between')(from_number, to_number)) }}
{%- endmacro %}

{% macro default__integers_between(from_number, to_number) -%}
explode(sequence({{ from_number }}, {{ to_number }}))
{%- endmacro %}

{% macro duckdb__integers_between(from_number, to_number) -%}
unnest(generate_series({{ from_number }}, {{ to_number }}))
{%- endmacro %}
