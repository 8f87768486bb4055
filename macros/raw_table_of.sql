{#- The raw table whose rows become the rows of a canonical entity: what the staging model says in
    `meta: raw_table`, or else the first base model that it reads, or a raw table named like the
    entity. Empty where none has a row for each: the entity is made of another's rows, as customers
    are who are known from their loans alone; `meta: raw_table` is '' then. -#}
{% macro raw_table_of(entity) -%}
    {%- if execute -%}
        {%- set staged = graph.nodes[
            'model.' ~ project_name ~ '.stg_' ~ var('source') ~ '__' ~ entity
        ] -%}
        {%- set prefix = 'model.' ~ project_name ~ '.base_' ~ var('source') ~ '__' -%}
        {%- if staged.config.meta.raw_table is defined -%}
            {{ return(staged.config.meta.raw_table) }}
        {%- endif -%}
        {%- for parent in staged.depends_on.nodes if parent.startswith(prefix) -%}
            {{ return(parent.replace(prefix, '')) }}
        {%- endfor -%}
        {%- for node in graph.sources.values()
            if node.source_name == var('source') and node.name == entity -%}
            {{ return(entity) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}
