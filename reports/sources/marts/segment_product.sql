select
    segment_id,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    product_type,
    customers_count,
    holders_count,
    accounts_count,
    penetration_rate,
    penetration_rate_lower,
    penetration_rate_upper,
    book_customers_count,
    book_holders_count,
    book_penetration_rate,
    penetration_index,
    is_suppressed
from marts.segment_product
