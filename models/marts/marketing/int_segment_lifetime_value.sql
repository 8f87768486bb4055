{{ config(schema='internal') }}

-- One row per segment at the latest observation date: the spread of its customers' lifetime values.
-- Not suppressed: reconciliation reads it.
with

customers as (
    select * from {{ ref('customer_lifetime_value') }}
),

final as (
    select
        segment_id,
        observation_date,
        max(horizon_years) as horizon_years,
        max(discount_rate) as discount_rate,
        count(*) as customers_count,
        count(lifetime_value_amount) as valued_count,
        count(*) filter (where lifetime_value_amount < 0) as negative_count,
        sum(annual_margin_amount) as annual_margin_amount,
        sum(annual_expected_loss_amount) as annual_expected_loss_amount,
        sum(lifetime_value_amount) as total_lifetime_value_amount,
        max(annual_default_rate) as annual_default_rate,
        max(annual_attrition_rate) as annual_attrition_rate,
        max(attrition_basis) as attrition_basis,
        {% for name, share in [
            ('p10', 0.1), ('p25', 0.25), ('median', 0.5), ('p75', 0.75), ('p90', 0.9)
        ] %}
        percentile_cont({{ share }}) within group (
            order by cast(lifetime_value_amount as double)
        ) as {{ name }}_lifetime_value_amount{{ ',' if not loop.last }}
        {% endfor %}
    from customers
    group by segment_id, observation_date
)

select * from final
