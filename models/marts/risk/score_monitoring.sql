-- One row per monitored characteristic and observation date: stability since the first date, and power
-- to rank defaults. What rests on few customers is hidden.
{%- set hidden = [
    'baseline_customers_count', 'customers_count', 'unknown_count', 'stability_index',
] %}
{%- set hidden_with_outcomes = [
    'good_count', 'default_count', 'information_value', 'ranked_good_count',
    'ranked_default_count', 'gini', 'gini_lower', 'gini_upper', 'kolmogorov_smirnov',
] %}

with

measured as (
    select * from {{ ref('int_score_monitoring') }}
),

judged as (
    select
        *,
        {{ is_small_cell('least(customers_count, baseline_customers_count)') }} as is_suppressed,
        coalesce(
            {{ is_small_cell('(ranked_good_count + ranked_default_count)') }}, false
        ) as is_power_small
    from measured
),

final as (
    select
        characteristic,
        observation_date,
        characteristic_kind,
        stability_baseline_date,
        ranking_baseline_date,
        is_ranking_window_shared,
        bands_count,
        stability_index_name,
        is_suppressed,
        is_suppressed or is_power_small as is_power_suppressed,
        {% for column in hidden -%}
            case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor -%}
        {% for column in hidden_with_outcomes -%}
            case when not (is_suppressed or is_power_small) then {{ column }} end
                as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from judged
)

select * from final
