{{ config(schema='internal') }}

-- One row per product type: the finance team's assumptions for the chosen source, which are those
-- written for this source, or else those for any.
with

margins as (
    select * from {{ ref('product_margins') }}
    where applies_to in ('any', '{{ var("source") }}')
),

final as (
    select
        product_type,
        applies_to,
        net_interest_margin,
        annual_fee_amount,
        annual_cost_to_serve_amount
    from margins
    qualify row_number() over (
        partition by product_type
        order by case when applies_to = 'any' then 1 else 0 end
    ) = 1
)

select * from final
