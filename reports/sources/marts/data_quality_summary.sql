select
    source,
    entity,
    row_status,
    reason,
    column_name,
    row_count,
    raw_row_count,
    row_share
from marts.data_quality_summary
