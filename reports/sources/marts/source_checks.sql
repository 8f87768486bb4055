select
    source,
    entity,
    check_name,
    status,
    measured_value,
    limit_value,
    unit,
    strftime(last_record_on, '%Y-%m-%d') as last_record_on,
    strftime(source_ends_on, '%Y-%m-%d') as source_ends_on,
    strftime(last_full_month_end_on, '%Y-%m-%d') as last_full_month_end_on,
    last_month_row_count,
    median_month_row_count,
    message
from marts.source_checks
