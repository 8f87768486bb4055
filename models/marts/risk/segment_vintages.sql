-- One row per segment at opening, vintage quarter and months on book: cumulative default.
-- Vintages of few customers are hidden at every month on book alike.
{%- set hidden = [
    'customers_count', 'accounts_count', 'observed_accounts_count', 'at_risk_accounts_count',
    'new_default_count', 'cumulative_default_count', 'cumulative_default_rate',
    'cumulative_default_rate_lower', 'cumulative_default_rate_upper',
] %}

with

vintage_months as (
    select * from {{ ref('int_segment_vintages') }}
),

vintages as (
    select distinct
        segment_id,
        vintage_quarter_on,
        customers_count
    from vintage_months
),

judged as (
    select
        *,
        {{ is_suppressed('customers_count', ['vintage_quarter_on']) }} as is_suppressed
    from vintages
),

final as (
    select
        vintage_months.segment_id,
        vintage_months.vintage_quarter_on,
        vintage_months.months_on_book,
        vintage_months.is_censored,
        judged.is_suppressed,
        {% for column in hidden -%}
            case when not judged.is_suppressed then vintage_months.{{ column }} end
                as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from vintage_months
    inner join judged
        on
            vintage_months.segment_id = judged.segment_id
            and vintage_months.vintage_quarter_on = judged.vintage_quarter_on
)

select * from final
