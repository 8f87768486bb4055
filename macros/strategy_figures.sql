{#- The figures of `int_segment_strategy_figures` that a rule of the seed `strategy_rules` may compare:
    a name that isn't here would compare nothing, so a test refuses it. -#}
{% macro strategy_figures() -%}
    {{ return([
        'default_count', 'default_rate_lower_index', 'default_rate_upper_index', 'pd_12m_upper',
        'portfolio_at_risk_30_rate', 'median_utilisation_ratio', 'median_expense_cover_months',
        'roi_ratio_upper', 'any_cap_reached_rate', 'attrition_rate_lower_index', 'outlier_share',
        'gaps_count', 'is_size_shown', 'is_default_rate_known', 'is_default_rate_hidden',
        'is_default_rate_borrowed', 'is_yearly_rate_known', 'is_utilisation_known', 'is_credit_held',
        'is_price_known', 'is_ceiling_applied', 'is_upper_ceiling_applied', 'is_lead_channel_known',
        'is_next_product_known', 'is_next_product_credit',
    ]) }}
{%- endmacro %}

{#- The decisions of `segment_strategies`; the stance comes first, because rules of the others may
    hold for some stances alone. -#}
{% macro strategy_decisions() -%}
    {{ return([
        'lending_stance', 'price_band', 'limit_policy', 'lead_channel', 'lead_message', 'next_product',
        'watch_out',
    ]) }}
{%- endmacro %}

{#- The texts of `int_segment_strategy_figures` that fill the places of the same name in a rule's
    choice and reason: `{price_band}` is filled with `price_band_text`. -#}
{% macro strategy_texts() -%}
    {{ return([
        'window', 'price_band', 'price_basis', 'lead_channel', 'lead_channel_basis', 'next_product',
        'next_product_basis',
    ]) }}
{%- endmacro %}
