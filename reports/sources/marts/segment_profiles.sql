select
    segment_id,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    feature,
    family,
    unit,
    description,
    customers_count,
    known_count,
    known_share,
    p25_value,
    median_value,
    p75_value,
    book_median_value,
    is_suppressed
from marts.segment_profiles
