select
    segment_id,
    strftime(vintage_quarter_on, '%Y-%m-%d') as vintage_quarter_on,
    months_on_book,
    is_censored,
    is_suppressed,
    customers_count,
    accounts_count,
    observed_accounts_count,
    at_risk_accounts_count,
    new_default_count,
    cumulative_default_count,
    cumulative_default_rate,
    cumulative_default_rate_lower,
    cumulative_default_rate_upper
from marts.segment_vintages
