-- Every credit product on the books has a loss given default and a price. A breach would leave its
-- expected loss empty, and the book's total short without saying so.
select distinct
    exposures.product_type,
    loss_assumptions.product_type is null as is_loss_assumption_missing,
    pricing_assumptions.product_type is null as is_pricing_assumption_missing
from {{ ref('int_credit_exposures') }} as exposures
left join {{ ref('risk_loss_assumptions') }} as loss_assumptions
    on exposures.product_type = loss_assumptions.product_type
left join {{ ref('risk_pricing_assumptions') }} as pricing_assumptions
    on exposures.product_type = pricing_assumptions.product_type
where
    loss_assumptions.product_type is null
    or pricing_assumptions.product_type is null
