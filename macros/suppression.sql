{#- Small cells must not be shown, nor follow from a total (complementary suppression). A published
    cell rests on at least the var `minimum_cell_count` of customers. In every group whose total is
    known, hidden cells number two or more and together rest on that many customers, so that a total
    gives none of them away.

    `is_suppressed` is one expression, for tables with one total per cell: segments of a date, say.
    `hidden_cells` is a query, for tables with totals along two or more ways: segment by product.
    tests/python/unit/test_suppression.py tries to recover what they hide. -#}

{#- True where a cell itself rests on too few customers. -#}
{% macro is_small_cell(count_column) -%}
({{ count_column }} < {{ var('minimum_cell_count') }})
{%- endmacro %}

{#- True where a cell is hidden: a small one and, where a group has one, the next larger cells until
    the hidden ones below rest on the minimum. `groups` lists the partitions that have a total; each
    is protected alone, which two totals together can undo: use `hidden_cells` there. Equal cells are
    hidden together, so that no order of rows decides. -#}
{% macro is_suppressed(count_column, groups) -%}
coalesce(
    {{ is_small_cell(count_column) }}
    {%- for group in groups %}
    or (
        max(case when {{ is_small_cell(count_column) }} then 1 else 0 end)
            over (partition by {{ group }}) = 1
        and sum({{ count_column }})
            over (partition by {{ group }} order by {{ count_column }} nulls last)
        - {{ count_column }} * count(*) over (partition by {{ group }}, {{ count_column }})
        < {{ var('minimum_cell_count') }}
    )
    {%- endfor %},
    false
)
{%- endmacro %}

{#- The key columns of every cell of a relation and `is_hidden`. `keys` lists the columns that
    identify a cell and decide between equal ones; each group of `groups` is a list of columns with
    published totals. Each pass goes through the groups and hides one cell more wherever a group's
    hidden cells would follow from its total: first in groups that have hidden cells anyway, then the
    smallest. Passes repeat, because a cell hidden for its row can lie alone in its column. -#}
{% macro hidden_cells(relation, count_column, keys, groups, passes=2) -%}
    {%- set minimum = var('minimum_cell_count') -%}
    {%- set columns = keys | join(', ') -%}
    {%- set chain = namespace(query=(
        'select ' ~ columns ~ ', ' ~ count_column ~ ' as cell_count, '
        ~ 'case when ' ~ count_column ~ ' < ' ~ minimum ~ ' then 1 else 0 end as hidden '
        ~ 'from ' ~ relation
    )) -%}
    {%- for pass in range(passes) -%}
        {%- for group in groups -%}
            {%- set crossed = [] -%}
            {%- for other in groups if other != group -%}
                {%- do crossed.append('max(hidden) over (partition by ' ~ other | join(', ') ~ ')') -%}
            {%- endfor -%}
            {%- set by_group = 'over (partition by ' ~ group | join(', ') ~ ')' -%}
            {%- set chain.query = (
                'select ' ~ columns ~ ', cell_count, case when hidden = 1 or (hidden_count >= 1 '
                ~ 'and (hidden_count = 1 or hidden_sum < ' ~ minimum ~ ') and row_number() over ('
                ~ 'partition by ' ~ group | join(', ') ~ ', hidden order by crossed_count desc, '
                ~ 'cell_count, ' ~ columns ~ ') = 1) then 1 else 0 end as hidden '
                ~ 'from (select ' ~ columns ~ ', cell_count, hidden, '
                ~ 'sum(hidden) ' ~ by_group ~ ' as hidden_count, '
                ~ 'sum(hidden * cell_count) ' ~ by_group ~ ' as hidden_sum, '
                ~ (crossed | join(' + ') or '0') ~ ' as crossed_count '
                ~ 'from (' ~ chain.query ~ ') as cells) as counted'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
select
    {{ columns }},
    hidden = 1 as is_hidden
from ({{ chain.query }}) as cells
{%- endmacro %}

{#- The same for a relation of segment by date by one more column (`across`: product or stage) that
    holds its own totals, as rows of the segment `book`. Those are hidden by their own count, and one
    more of each of `book_groups` where the rest of its total would give a hidden one away. Where the
    book's row is hidden, so are its parts, or they would add up to it. -#}
{% macro hidden_cells_and_books(relation, count_column, across, book_groups) -%}
    {%- set keys = ['segment_id', 'observation_date', across] -%}
    {%- set parts = '(select * from ' ~ relation ~ " where segment_id <> 'book') as parts" -%}
    {%- set books = '(select * from ' ~ relation ~ " where segment_id = 'book') as books" -%}
select
    parts.segment_id,
    parts.observation_date,
    parts.{{ across }},
    parts.is_hidden or books.is_hidden as is_hidden
from (
    {{ hidden_cells(
        parts, count_column, keys,
        [['observation_date', across], ['segment_id', 'observation_date']]
    ) }}
) as parts
inner join (
    {{ hidden_cells(books, count_column, keys, book_groups) }}
) as books
    on
        parts.observation_date = books.observation_date
        and parts.{{ across }} = books.{{ across }}
union all
{{ hidden_cells(books, count_column, keys, book_groups) }}
{%- endmacro %}
