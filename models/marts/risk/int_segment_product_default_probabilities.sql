-- One row per segment, observation date and credit product on the lender's books: the probability
-- that an account of the product defaults. Expected loss, impairment, pricing and customer margins
-- all take it from here.
{{ config(schema='internal') }}

with

probabilities as (
    select * from {{ ref('int_segment_default_probabilities') }}
),

product_ratios as (
    select * from {{ ref('int_product_default_ratios') }}
),

exposures as (
    select * from {{ ref('int_credit_exposures') }}
),

products as (
    select distinct product_type
    from exposures
),

final as (
    select
        probabilities.segment_id,
        probabilities.observation_date,
        products.product_type,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        probabilities.pd_default_count,
        probabilities.pd_scored_count,
        probabilities.pd as customer_pd,
        product_ratios.product_ratio_basis,
        {% for column in ['observed_default_count', 'expected_default_count'] -%}
            case when product_ratios.product_ratio_basis = 'product' then product_ratios.{{ column }} end
                as product_{{ column }},
        {% endfor -%}
        product_ratios.product_default_ratio,
        product_ratios.product_default_ratio_lower,
        product_ratios.product_default_ratio_upper,
        {% for column in [
            'pd', 'pd_lower', 'pd_upper', 'pd_12m', 'pd_12m_lower', 'pd_12m_upper',
        ] -%}
            -- `least` skips nulls: an unknown probability would become one.
            case
                when probabilities.{{ column }} is not null
                    then
                        least(
                            1.0, probabilities.{{ column }} * product_ratios.product_default_ratio
                        )
            end as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from probabilities
    cross join products
    left join product_ratios
        on
            probabilities.pd_observation_date = product_ratios.pd_observation_date
            and products.product_type = product_ratios.product_type
)

select * from final
