select
    segment_id,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    product_type,
    other_product_type,
    holders_count,
    both_count,
    both_rate,
    both_rate_lower,
    both_rate_upper,
    is_suppressed
from marts.segment_holdings
