{#- No rows, in the shape of a canonical entity's contract: a source's honest answer for an
    entity that it lacks. The model that calls this says in its `meta: absent_because` why. -#}
{% macro absent_entity(entity) -%}
    {%- if execute -%}
        {%- set contract = graph.nodes['model.' ~ project_name ~ '.' ~ entity] %}
select
        {%- for column in contract.columns.values() %}
    cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
where false
    {%- else -%}
select 1 as placeholder
    {%- endif -%}
{%- endmacro %}
