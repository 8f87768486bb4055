{#- Names of the feature columns of customer_features: the columns of its contract, keys and the
    length of history left out. -#}
{% macro numeric_features() -%}
    {{ return(
        contract_columns('customer_features')
        | reject('in', ['customer_id', 'observation_date', 'history_months'])
        | list
    ) }}
{%- endmacro %}
