{#- Why the chosen source lacks a canonical entity, as its staging model says in
    `meta: absent_because`; null where it says nothing. -#}
{% macro absence_reason(entity) -%}
    {%- set name = 'model.' ~ project_name ~ '.stg_' ~ var('source') ~ '__' ~ entity -%}
    {%- set reason = graph.nodes[name].config.meta.absent_because if execute -%}
    {%- if reason -%}
cast('{{ reason | replace("'", "''") }}' as varchar)
    {%- else -%}
cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
