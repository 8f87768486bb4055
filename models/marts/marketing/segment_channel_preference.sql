-- One row per segment and marketing channel at the latest observation date: reach and effect, and
-- the order in which to use the channels. int_channel_preference ranks and decides what is hidden.
with

preference as (
    select * from {{ ref('int_channel_preference') }}
),

-- Cost by channel is a constant times the treated, and tells no more than their number.
shown as (
    select
        *,
        is_treated_shown as is_cost_shown
    from preference
),

final as (
    select
        segment_id,
        observation_date,
        channel,
        {% for column in ['customers_count', 'consent_known_count', 'contactable_count'] %}
        case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor %}
        case when not is_suppressed then {{ ratio('contactable_count', 'customers_count') }} end
            as contactable_rate,
        case
            when not is_suppressed
                then {{ wilson_lower('contactable_count', 'customers_count') }}
        end as contactable_rate_lower,
        case
            when not is_suppressed
                then {{ wilson_upper('contactable_count', 'customers_count') }}
        end as contactable_rate_upper,
        {{ shown_effects() }},
        case
            when is_effect_shown and margin_evidence = 'sufficient'
                then cast(net_margin_per_contact_amount as decimal(18, 4))
        end as net_margin_per_contact_amount,
        preference_rank,
        preference_basis,
        evidence,
        margin_evidence,
        is_suppressed,
        is_treated_suppressed,
        is_response_suppressed
    from shown
)

select * from final
