-- Everyone: how many customers do the segments leave out, why, and does that change from date to
-- date?
select
    observation_date,
    coverage_status,
    coalesce(reason, 'in a segment') as reason,
    customers_count,
    raw_customers_share
from {{ ref('segment_coverage') }}
order by observation_date desc, customers_count desc, reason asc
