{#- Checksums that dbt keeps of every model, seed and test of this project, in the order of their
    names: what code a build ran. -#}
{% macro project_checksums() -%}
    {%- set checksums = [] -%}
    {%- if execute -%}
        {%- for unique_id, node in graph.nodes.items() | sort
            if node.package_name == project_name and node.checksum is defined -%}
            {%- do checksums.append([unique_id, node.checksum.checksum | string]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(checksums) }}
{%- endmacro %}
