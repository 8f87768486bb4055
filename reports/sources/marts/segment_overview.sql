select
    segment_id,
    segment_name,
    segment_description,
    distinguishing_text,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    segment_model_version,
    customers_count,
    book_customers_count,
    customers_share,
    cast(exposure_amount as double) as exposure_amount,
    strftime(risk_observation_date, '%Y-%m-%d') as risk_observation_date,
    scored_count,
    default_count,
    default_rate,
    default_rate_lower,
    default_rate_upper,
    is_suppressed
from marts.segment_overview
