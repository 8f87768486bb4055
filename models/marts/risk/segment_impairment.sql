-- One row per segment, observation date and IFRS 9 stage, and the CECL allowance of the same accounts.
-- Cells that rest on few customers are hidden, with one more wherever a total would give them away.
{%- set hidden = [
    'customers_count', 'accounts_count', 'dpd_backstop_accounts_count', 'pd_rise_accounts_count',
    'score_drop_accounts_count', 'charged_off_accounts_count', 'gross_carrying_amount',
    'exposure_at_default_amount', 'ecl_12m_amount', 'ecl_lifetime_amount', 'ecl_amount',
    'cecl_allowance_amount', 'coverage_rate', 'cecl_coverage_rate',
] %}

with

measured as (
    select * from {{ ref('int_segment_impairment') }}
),

judged as (
    {{ hidden_cells(
        'measured',
        'customers_count',
        ['segment_id', 'observation_date', 'stage'],
        [['observation_date', 'stage'], ['segment_id', 'observation_date']]
    ) }}
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
