-- Holders, customers in arrears, ineligible customers, those with an unknown figure and whitespace are
-- everyone in the segment, and take-ups come from lookalikes. A row names a segment and product whose
-- parts don't add up.
select
    segment_id,
    product_type,
    customers_count,
    holders_count + in_arrears_count + ineligible_count + unknown_count + whitespace_count
        as parts_count,
    lookalikes_count,
    take_ups_count
from {{ ref('int_product_whitespace') }}
where
    customers_count
    != holders_count + in_arrears_count + ineligible_count + unknown_count + whitespace_count
    or take_ups_count > lookalikes_count
