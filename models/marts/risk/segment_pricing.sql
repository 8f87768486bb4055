-- One row per segment, observation date and credit product: an indicative rate band, no offer.
-- Prices that rest on few customers with a known outcome are hidden, and so are books of few.
{%- set hidden_with_price = [
    'pd_default_count', 'pd_scored_count', 'pd_12m', 'expected_loss_rate', 'uncapped_rate',
    'uncapped_rate_lower', 'uncapped_rate_upper', 'is_ceiling_applied',
    'is_upper_ceiling_applied', 'indicative_rate', 'indicative_rate_lower', 'indicative_rate_upper',
] %}
{%- set hidden_with_book = [
    'customers_count', 'balance_amount', 'rated_balance_amount', 'current_book_rate',
] %}

with

measured as (
    select * from {{ ref('int_segment_pricing') }}
),

-- A product that nobody in the segment holds hides nobody.
books as (
    select
        segment_id,
        observation_date,
        product_type,
        customers_count
    from measured
    where customers_count > 0
),

hidden_books as (
    {{ hidden_cells(
        'books',
        'customers_count',
        ['segment_id', 'observation_date', 'product_type'],
        [['observation_date', 'product_type'], ['segment_id', 'observation_date']]
    ) }}
),

judged as (
    select
        measured.*,
        {{ is_suppressed('measured.pd_scored_count', ['measured.observation_date, measured.product_type']) }}
            as is_suppressed,
        coalesce(hidden_books.is_hidden, false) as is_book_suppressed
    from measured
    left join hidden_books
        on
            measured.segment_id = hidden_books.segment_id
            and measured.observation_date = hidden_books.observation_date
            and measured.product_type = hidden_books.product_type
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        true as is_indicative,
        pd_basis,
        pd_observation_date,
        pd_months,
        product_ratio_basis,
        product_default_ratio,
        lgd_ratio,
        exposure_ratio_basis,
        exposure_ratio,
        cost_of_funds_rate,
        operating_cost_rate,
        capital_charge_rate,
        margin_rate,
        ceiling_rate,
        is_suppressed,
        is_book_suppressed,
        {% for column in hidden_with_price -%}
            case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor -%}
        {% for column in hidden_with_book -%}
            case when not is_book_suppressed then {{ column }} end
                as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from judged
)

select * from final
