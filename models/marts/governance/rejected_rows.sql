-- One row per raw row that staging refused, with its reason and all that was delivered.
-- Raw rows hold protected attributes, so this table stays in the working database.
{{ config(schema='governance') }}
select
    source,
    entity,
    row_key,
    reason,
    column_name,
    raw_row
from {{ ref('stg_' ~ var('source') ~ '__rejected_rows') }}
