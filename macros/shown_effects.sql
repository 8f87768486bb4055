{#- The columns of a campaign effect that a published mart shows. The caller's relation has the
    columns of int_segment_marketing and four flags: `is_treated_shown`, false where the treated are
    suppressed; `is_cost_shown`, false where costs would give away the treated of a channel;
    `is_response_shown`, false where either arm is suppressed; and `is_effect_shown`, true only where
    the evidence is sufficient too. -#}
{% macro shown_effects() -%}
contacts_from_on,
        contacts_to_on,
        case when is_response_shown then median_segment_age_days end as median_segment_age_days,
        {% for column in ['campaigns_count', 'treated_count', 'treated_responses_count'] -%}
        case when is_treated_shown then {{ column }} end as {{ column }},
        {% endfor -%}
        {{ shown_rate('response_rate_treated', 'treated_responses_count', 'treated_count') }},
        {% for column in ['control_count', 'control_responses_count'] -%}
        case when is_response_shown then {{ column }} end as {{ column }},
        {% endfor -%}
        {{ shown_rate('response_rate_control', 'control_responses_count', 'control_count') }},
        case when is_treated_shown then compared_treated_count end as compared_treated_count,
        {% for column in [
            'effective_control_count', 'baseline_response_rate', 'incremental_response_rate',
            'incremental_response_rate_lower', 'incremental_response_rate_upper',
        ] -%}
        case when is_effect_shown then {{ column }} end as {{ column }},
        {% endfor -%}
        case when is_treated_shown then treated_margin_amount end as treated_margin_amount,
        case when is_response_shown then control_margin_amount end as control_margin_amount,
        {% for suffix, shift in [
            ('', ''),
            ('_lower', ' - incremental_margin_half_width'),
            ('_upper', ' + incremental_margin_half_width'),
        ] -%}
        case
            when is_effect_shown and margin_evidence = 'sufficient'
                then cast(incremental_margin_amount{{ shift }} as decimal(18, 2))
        end as incremental_margin_amount{{ suffix }},
        {% endfor -%}
        {% for column in ['cost_amount', 'compared_cost_amount'] -%}
        case when is_cost_shown then {{ column }} end as {{ column }},
        {% endfor -%}
        {% for suffix, shift in [
            ('', ''),
            ('_lower', ' - incremental_margin_half_width'),
            ('_upper', ' + incremental_margin_half_width'),
        ] -%}
        case
            when is_effect_shown and is_cost_shown and margin_evidence = 'sufficient'
                then {{ ratio(
                    'incremental_margin_amount' ~ shift
                    ~ ' - cast(compared_cost_amount as double)',
                    'compared_cost_amount'
                ) }}
        end as roi_ratio{{ suffix }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{% macro shown_rate(name, successes, trials) -%}
case when is_effect_shown then {{ ratio(successes, trials) }} end as {{ name }},
        case when is_effect_shown then {{ wilson_lower(successes, trials) }} end
            as {{ name }}_lower,
        case when is_effect_shown then {{ wilson_upper(successes, trials) }} end
            as {{ name }}_upper
{%- endmacro %}
