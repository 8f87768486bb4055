select
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    coverage_status,
    reason,
    customers_count,
    customers_on_file_count,
    raw_customers_count,
    raw_customers_share
from marts.segment_coverage
