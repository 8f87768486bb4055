-- One row per segment, observation date and credit product held: PD x LGD x EAD.
-- Cells that rest on few customers are hidden, with one more wherever a total would give them away.
{%- set hidden = [
    'customers_count', 'accounts_count', 'defaulted_accounts_count', 'balance_amount',
    'performing_balance_amount', 'performing_undrawn_amount', 'defaulted_balance_amount',
    'performing_exposure_at_default_amount', 'exposure_at_default_amount', 'pd_default_count',
    'pd_scored_count', 'pd', 'pd_lower', 'pd_upper', 'performing_expected_loss_amount',
    'defaulted_expected_loss_amount', 'expected_loss_amount', 'expected_loss_amount_lower',
    'expected_loss_amount_upper', 'downturn_expected_loss_amount', 'expected_loss_rate',
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
    {{ hidden_cells(
        'measured',
        'cell_customers_count',
        ['segment_id', 'observation_date', 'product_type'],
        [['observation_date', 'product_type'], ['segment_id', 'observation_date']]
    ) }}
),

final as (
    select
        measured.segment_id,
        measured.observation_date,
        measured.product_type,
        measured.pd_basis,
        measured.pd_observation_date,
        measured.pd_months,
        measured.credit_conversion_ratio,
        measured.lgd_ratio,
        measured.lgd_downturn_ratio,
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
