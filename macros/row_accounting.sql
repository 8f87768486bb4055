{#- How many rows each raw table of the chosen source holds, counted in the file itself, and what
    became of them: the union that a staging folder publishes as stg_<source>__row_accounting. -#}
{% macro row_accounting(raw_tables) -%}
    {%- for raw_table in raw_tables %}
select
    '{{ var("source") }}' as source,
    '{{ raw_table }}' as entity,
    (select count(*) from {{ source(var('source'), raw_table) }}) as raw_row_count,
    count(*) filter (where rejection_reason is null) as staged_row_count,
    count(*) filter (where rejection_reason is not null) as rejected_row_count
from {{ ref('base_' ~ var('source') ~ '__' ~ raw_table) }}
        {%- if not loop.last %}
union all
        {%- endif -%}
    {%- endfor %}
{%- endmacro %}
