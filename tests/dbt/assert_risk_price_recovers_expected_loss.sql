-- The expected loss in a price, earned on the balance that performs, pays for the loss that
-- segment_expected_loss expects of it in a year: to a cent for each million owed, and a cent for
-- rounding. A breach would mean that limits drawn on the way to default are lent for nothing.
select
    pricing.segment_id,
    pricing.observation_date,
    pricing.product_type,
    pricing.expected_loss_rate,
    losses.performing_balance_amount,
    losses.performing_expected_loss_amount
from {{ ref('int_segment_pricing') }} as pricing
inner join {{ ref('int_segment_expected_loss') }} as losses
    on
        pricing.segment_id = losses.segment_id
        and pricing.observation_date = losses.observation_date
        and pricing.product_type = losses.product_type
where
    pricing.pd_months = 12
    and pricing.exposure_ratio_basis = 'segment'
    and abs(
        pricing.expected_loss_rate * losses.performing_balance_amount
        - losses.performing_expected_loss_amount
    ) > 0.01 + 0.00000001 * losses.performing_balance_amount
