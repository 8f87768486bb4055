-- One row per segment, or `book`, observation date and IFRS 9 stage, and the CECL allowance of the same
-- accounts. Cells that rest on few customers are hidden, with one more wherever a total would give
-- them away.
{%- set hidden = [
    'customers_count', 'accounts_count', 'unknown_balance_accounts_count',
    'dpd_backstop_accounts_count', 'customer_default_accounts_count', 'pd_rise_accounts_count',
    'score_drop_accounts_count', 'gross_carrying_amount', 'exposure_at_default_amount',
    'ecl_12m_amount', 'ecl_lifetime_amount', 'ecl_amount', 'cecl_allowance_amount',
    'coverage_rate', 'cecl_coverage_rate',
] %}

with

measured as (
    select * from {{ ref('int_segment_impairment') }}
),

judged as (
    {#- What the book has in default stands in segment_expected_loss: a second hidden stage would keep
        nothing secret and leave the book without stages. -#}
    {{ hidden_cells_and_books('measured', 'customers_count', 'stage', []) }}
),

final as (
    select
        measured.segment_id,
        measured.observation_date,
        measured.stage,
        measured.pd_basis,
        measured.pd_observation_date,
        measured.pd_months,
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
            and measured.stage = judged.stage
)

select * from final
