-- One row per raw row that staging refused, with its reason and all that was delivered.
select
    source,
    entity,
    row_key,
    reason,
    column_name,
    raw_row
from {{ ref('stg_' ~ var('source') ~ '__rejected_rows') }}
