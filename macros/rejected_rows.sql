{#- The rows that the chosen source's checks refused, from the base model of each raw table, in one
    shape: the union that a staging folder publishes as stg_<source>__rejected_rows.
    A base model gives `row_key`, `rejection_reason` ('reason: column', null when the row is fine)
    and `raw_row` (JSON, filled where the row is refused). -#}
{% macro rejected_rows(raw_tables) -%}
    {%- for raw_table in raw_tables %}
select
    '{{ var("source") }}' as source,
    '{{ raw_table }}' as entity,
    cast(row_key as varchar) as row_key,
    split_part(rejection_reason, ': ', 1) as reason,
    nullif(split_part(rejection_reason, ': ', 2), '') as column_name,
    cast(raw_row as varchar) as raw_row
from {{ ref('base_' ~ var('source') ~ '__' ~ raw_table) }}
where rejection_reason is not null
        {%- if not loop.last %}
union all
        {%- endif -%}
    {%- endfor %}
{%- endmacro %}
