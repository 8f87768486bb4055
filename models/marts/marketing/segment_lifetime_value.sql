-- One row per segment at the latest observation date: customer lifetime value and its spread.
with

measured as (
    select * from {{ ref('int_segment_lifetime_value') }}
),

flagged as (
    select
        *,
        {{ is_suppressed('customers_count', ['observation_date']) }} as is_suppressed
    from measured
),

final as (
    select
        segment_id,
        observation_date,
        horizon_years,
        discount_rate,
        {% for column in ['customers_count', 'valued_count', 'negative_count'] %}
        case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor %}
        {% for column in [
            'annual_margin_amount', 'annual_expected_loss_amount', 'total_lifetime_value_amount'
        ] %}
        case when not is_suppressed then cast({{ column }} as decimal(18, 2)) end as {{ column }},
        {% endfor %}
        case
            when not is_suppressed
                then
                    cast({{ ratio('total_lifetime_value_amount', 'valued_count') }}
                        as decimal(18, 2))
        end as mean_lifetime_value_amount,
        {% for name in ['p10', 'p25', 'median', 'p75', 'p90'] %}
        case
            when not is_suppressed then cast({{ name }}_lifetime_value_amount as decimal(18, 2))
        end as {{ name }}_lifetime_value_amount,
        {% endfor %}
        case when not is_suppressed then annual_default_rate end as annual_default_rate,
        case when not is_suppressed then annual_attrition_rate end as annual_attrition_rate,
        case when not is_suppressed then attrition_basis end as attrition_basis,
        is_suppressed
    from flagged
)

select * from final
