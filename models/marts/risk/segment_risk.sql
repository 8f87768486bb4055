-- One row per segment and observation date: book, arrears, outcomes and losses.
-- Rows that rest on few customers are hidden, with one more wherever the total would give them away.
{%- set hidden_with_row = [
    'customers_count', 'accounts_count', 'unknown_balance_accounts_count', 'exposure_amount',
    'scored_count', 'scored_in_default_count', 'good_count', 'default_count',
    'indeterminate_count', 'already_in_default_count', 'no_credit_count', 'not_observed_count',
    'immature_count', 'default_rate', 'default_rate_lower', 'default_rate_upper',
    'dpd_accounts_count', 'past_due_30_accounts_count',
    'past_due_30_accounts_rate', 'past_due_30_accounts_rate_lower',
    'past_due_30_accounts_rate_upper', 'dpd_exposure_amount', 'past_due_30_amount',
    'past_due_30_59_amount', 'past_due_60_89_amount', 'past_due_90_amount',
    'portfolio_at_risk_30_rate', 'past_due_30_59_rate', 'past_due_60_89_rate',
    'past_due_90_rate',
] %}
{%- set hidden_with_first_payments = [
    'first_payment_loans_count', 'first_payment_customers_count', 'first_payment_default_count',
    'first_payment_default_rate', 'first_payment_default_rate_lower',
    'first_payment_default_rate_upper',
] %}
{%- set hidden_with_row_too = [
    'first_payment_unknown_count', 'charge_offs_count', 'charged_off_amount',
    'recovery_known_amount', 'recovered_amount', 'performance_mean_exposure_amount',
    'net_charge_off_rate', 'median_debt_to_income_ratio', 'median_utilisation_ratio',
    'median_bureau_score',
] %}

with

measured as (
    select
        *,
        -- The fewest customers that a figure of the row rests on.
        case when scored_count > 0 then least(customers_count, scored_count) else customers_count end
            as cell_customers_count,
        -- No loan at all hides nobody.
        nullif(first_payment_customers_count, 0) as first_payment_cell_count
    from {{ ref('int_segment_risk') }}
),

judged as (
    select
        *,
        {{ is_suppressed('cell_customers_count', ['observation_date']) }} as is_suppressed,
        {{ is_suppressed('first_payment_cell_count', ['observation_date']) }}
            as is_small_first_payment
    from measured
),

final as (
    select
        segment_id,
        observation_date,
        performance_ends_on,
        is_mature,
        is_suppressed,
        is_suppressed or is_small_first_payment as is_first_payment_suppressed,
        {% for column in hidden_with_row -%}
            case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor -%}
        {% for column in hidden_with_first_payments -%}
            case when not (is_suppressed or is_small_first_payment) then {{ column }} end
                as {{ column }},
        {% endfor -%}
        {% for column in hidden_with_row_too -%}
            case when not is_suppressed then {{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from judged
)

select * from final
