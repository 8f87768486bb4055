-- A published column with nulls says in its description what they mean. A row means that a reader of
-- that column can't tell an absent figure from a hidden one.
select
    mart,
    column_name,
    known_count,
    row_count
from {{ ref('column_availability') }}
where known_count < row_count and reason is null
