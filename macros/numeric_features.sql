{#- Names of the feature columns of customer_features: the columns of its contract, keys and the
    length of history left out. -#}
{% macro numeric_features() -%}
    {%- set features = [] -%}
    {%- if execute -%}
        {%- set contract = graph.nodes['model.' ~ project_name ~ '.customer_features'] -%}
        {%- for column in contract.columns
            if column not in ['customer_id', 'observation_date', 'history_months'] -%}
            {%- do features.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(features) }}
{%- endmacro %}
