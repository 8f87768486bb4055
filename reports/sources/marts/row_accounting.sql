select
    source,
    entity,
    raw_row_count,
    staged_row_count,
    rejected_row_count,
    rejected_share
from marts.row_accounting
