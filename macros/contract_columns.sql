{#- Names of the columns of a model's contract, in its order. -#}
{% macro contract_columns(model_name) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for column in graph.nodes['model.' ~ project_name ~ '.' ~ model_name].columns -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
