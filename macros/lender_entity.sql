{#- The chosen source's rows of one canonical entity, in the order and types of its contract.
    The contract in models/lender is the only list of the entity's columns. `staged_entity` names the
    staging model where it isn't the entity's own. -#}
{% macro lender_entity(staged_entity=none) -%}
    {%- set staged = ref('stg_' ~ var('source') ~ '__' ~ (staged_entity or model.name)) %}
select
    {%- for column in model.columns.values() %}
    cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ staged }}
{%- endmacro %}
