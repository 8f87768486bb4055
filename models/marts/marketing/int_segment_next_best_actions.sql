{{ config(schema='internal') }}

-- One row per segment and outcome of next_best_actions, nothing hidden: the product to offer, or why
-- there is no offer.
with

actions as (
    select
        *,
        coalesce('offer ' || product_type, reason) as outcome
    from {{ ref('next_best_actions') }}
),

final as (
    select
        segment_id,
        observation_date,
        outcome,
        max(product_type) as product_type,
        max(reason) as reason,
        max(case when is_excluded then 1 else 0 end) = 1 as is_excluded,
        count(*) as customers_count,
        sum(expected_value_amount) as expected_value_amount,
        sum(expected_value_amount_lower) as expected_value_amount_lower
    from actions
    group by segment_id, observation_date, outcome
)

select * from final
