{#- True where a cell rests on so few customers that it must not be shown: fewer than the var
    `minimum_cell_count`, or the next smallest cell of a group in which only one is that small, since
    its value would follow from the group's total. `groups` lists the partitions that have a total. -#}
{% macro is_small_cell(count_column) -%}
({{ count_column }} < {{ var('minimum_cell_count') }})
{%- endmacro %}

{% macro is_suppressed(count_column, groups) -%}
(
    {{ is_small_cell(count_column) }}
    {%- for group in groups %}
    or (
        count(*) filter (where {{ is_small_cell(count_column) }}) over (partition by {{ group }}) = 1
        and row_number() over (
            partition by {{ group }}, {{ is_small_cell(count_column) }}
            order by {{ count_column }}
        ) = 1
    )
    {%- endfor %}
)
{%- endmacro %}
