-- A risk mart shows no figure that rests on fewer customers than the var `minimum_cell_count`, and
-- never hides just one segment of a date, whose figures would follow from the book's total. A breach
-- would publish facts about a handful of people.
{%- set marts = [
    ('segment_risk', 'segment_risk.customers_count', 'observation_date'),
    ('segment_approvals', 'segment_approvals.customers_count', 'observation_date'),
    (
        'segment_expected_loss', 'segment_expected_loss.customers_count',
        "observation_date || ' ' || product_type",
    ),
    (
        'segment_impairment', 'segment_impairment.customers_count',
        "observation_date || ' stage ' || stage",
    ),
    (
        'segment_roll_rates', 'segment_roll_rates.from_customers_count',
        "observation_date || ' ' || roll_period || ' ' || from_bucket || ' ' || to_bucket",
    ),
    (
        'segment_vintages', 'segment_vintages.customers_count',
        "vintage_grain || ' ' || vintage_starts_on || ' ' || months_on_book",
    ),
] %}
{#- Their book rows are judged alone. #}
{%- set books = ['segment_expected_loss', 'segment_impairment'] %}

with

cells as (
    {% for mart, count_column, group in marts -%}
        select
            '{{ mart }}' as mart,
            segment_id,
            cast({{ group }} as varchar) as total_of,
            is_suppressed,
            {{ count_column }} as shown_customers_count
        from {{ ref(mart) }}
        {{ "where segment_id <> 'book'" if mart in books }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A hidden cell on its own can't be told from the total where no other segment has one; nor where the
-- book's row, the total, is hidden with it.
judged as (
    select
        *,
        count(*) over (partition by mart, total_of) as cells_count,
        count(*) filter (where is_suppressed) over (partition by mart, total_of) as hidden_cells_count
    from cells
),

-- A book's row by itself is hidden or not: its parts are held to the rule above.
books as (
    {% for mart in books -%}
        select
            '{{ mart }}' as mart,
            segment_id,
            cast(observation_date as varchar) as total_of,
            is_suppressed,
            customers_count as shown_customers_count,
            0 as cells_count,
            0 as hidden_cells_count
        from {{ ref(mart) }}
        where segment_id = 'book'
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from books
where
    shown_customers_count < {{ var('minimum_cell_count') }}
    or is_suppressed = (shown_customers_count is not null)
union all
select * from judged
where
    shown_customers_count < {{ var('minimum_cell_count') }}
    or (is_suppressed and shown_customers_count is not null)
    or (not is_suppressed and shown_customers_count is null)
    or (is_suppressed and hidden_cells_count = 1 and cells_count > 1)
