-- One row per segment, or `book`, observation date and credit product held: PD x LGD x EAD, and what
-- came of it. Cells that rest on few customers are hidden, with one more wherever a total would give
-- them away.
{%- set shown = [
    'pd_basis', 'pd_observation_date', 'pd_months', 'product_ratio_basis',
    'product_observed_default_count', 'product_expected_default_count', 'product_default_ratio',
    'product_default_ratio_lower', 'product_default_ratio_upper', 'credit_conversion_ratio',
    'lgd_ratio', 'lgd_downturn_ratio',
] %}
{%- set hidden = [
    'customers_count', 'accounts_count', 'unknown_balance_accounts_count',
    'defaulted_accounts_count', 'balance_amount', 'performing_balance_amount',
    'performing_undrawn_amount', 'defaulted_balance_amount',
    'performing_exposure_at_default_amount', 'exposure_at_default_amount', 'pd_default_count',
    'pd_scored_count', 'customer_pd', 'pd', 'pd_lower', 'pd_upper',
    'performing_expected_loss_amount', 'defaulted_expected_loss_amount', 'expected_loss_amount',
    'expected_loss_amount_lower', 'expected_loss_amount_upper', 'downturn_expected_loss_amount',
    'expected_loss_rate', 'realised_accounts_count', 'realised_default_count',
    'realised_default_rate', 'realised_default_rate_lower', 'realised_default_rate_upper',
    'realised_default_balance_amount', 'realised_loss_amount',
] %}

with

measured as (
    select
        *,
        case
            when pd_scored_count > 0 then least(customers_count, pd_scored_count)
            else customers_count
        end as cell_customers_count
    from {{ ref('int_segment_expected_loss') }}
),

judged as (
    {{ hidden_cells_and_books(
        'measured', 'cell_customers_count', 'product_type', [['observation_date']]
    ) }}
),

final as (
    select
        measured.segment_id,
        measured.observation_date,
        measured.product_type,
        {% for column in shown -%}
            measured.{{ column }},
        {% endfor -%}
        judged.is_hidden as is_suppressed,
        {% for column in hidden -%}
            case when not judged.is_hidden then measured.{{ column }} end
                as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from measured
    inner join judged
        on
            measured.segment_id = judged.segment_id
            and measured.observation_date = judged.observation_date
            and measured.product_type = judged.product_type
)

select * from final
