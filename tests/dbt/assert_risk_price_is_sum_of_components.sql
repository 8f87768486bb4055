-- A price is the sum of the components beside it, within its band, and never above the ceiling. A
-- breach would mean that the columns explain another price than the one shown.
select *
from {{ ref('segment_pricing') }}
where
    abs(
        uncapped_rate
        - (
            cost_of_funds_rate + expected_loss_rate + operating_cost_rate + capital_charge_rate
            + margin_rate
        )
    ) > 1e-12
    or indicative_rate > ceiling_rate
    or indicative_rate_lower > indicative_rate
    or indicative_rate_upper < indicative_rate
    or indicative_rate <> least(uncapped_rate, ceiling_rate)
    or indicative_rate_lower <> least(uncapped_rate_lower, ceiling_rate)
    or indicative_rate_upper <> least(uncapped_rate_upper, ceiling_rate)
    or is_ceiling_applied <> (uncapped_rate > ceiling_rate)
    or is_upper_ceiling_applied <> (uncapped_rate_upper > ceiling_rate)
    or abs(expected_loss_rate - pd_12m * lgd_ratio * exposure_ratio) > 1e-12
    or not is_indicative
