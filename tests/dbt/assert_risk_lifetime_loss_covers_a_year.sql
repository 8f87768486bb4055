-- A loss over the remaining life is never less than its part within a year, nor more than the whole
-- exposure, and stage 1 alone takes the year's. A breach would mean a wrong allowance.
select *
from {{ ref('int_account_impairment') }}
where
    ecl_lifetime_amount < ecl_12m_amount
    or ecl_12m_amount < 0
    or ecl_lifetime_amount > exposure_at_default_amount
    or cecl_allowance_amount > ecl_lifetime_amount
    or ecl_amount is distinct from case when stage = 1 then ecl_12m_amount else ecl_lifetime_amount end
