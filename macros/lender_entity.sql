{#- The chosen source's rows of one canonical entity, in the order and types of its contract.
    The contract in models/lender is the only list of the entity's columns. -#}
{% macro lender_entity() -%}
    {%- set staged = ref('stg_' ~ var('source') ~ '__' ~ model.name) %}
select
    {%- for column in model.columns.values() %}
    cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ staged }}
{%- endmacro %}
