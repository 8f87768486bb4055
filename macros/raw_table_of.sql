{#- The raw table whose rows become the rows of a canonical entity: what the staging model says in
    `meta: raw_table`, or else the first base model that it reads, or a raw table named like the
    entity. -#}
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
    {%- endif -%}
    {{ return(entity) }}
{%- endmacro %}
