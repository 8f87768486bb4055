-- Lifetime values, margins and losses of the segments add up to those of their customers, and the
-- quantiles are in order. A row means that a segment's value is not that of its customers.
with

customers as (
    select
        segment_id,
        count(*) as customers_count,
        coalesce(sum(lifetime_value_amount), 0) as lifetime_value_amount,
        coalesce(sum(annual_margin_amount), 0) as annual_margin_amount,
        coalesce(sum(annual_expected_loss_amount), 0) as annual_expected_loss_amount
    from {{ ref('customer_lifetime_value') }}
    group by segment_id
),

segments as (
    select * from {{ ref('int_segment_lifetime_value') }}
)

select
    coalesce(customers.segment_id, segments.segment_id) as segment_id,
    customers.lifetime_value_amount,
    segments.total_lifetime_value_amount
from customers
full outer join segments
    on customers.segment_id = segments.segment_id
where
    customers.customers_count is distinct from segments.customers_count
    or customers.lifetime_value_amount
    is distinct from coalesce(segments.total_lifetime_value_amount, 0)
    or customers.annual_margin_amount is distinct from coalesce(segments.annual_margin_amount, 0)
    or customers.annual_expected_loss_amount
    is distinct from coalesce(segments.annual_expected_loss_amount, 0)
    or segments.p10_lifetime_value_amount > segments.p25_lifetime_value_amount
    or segments.p25_lifetime_value_amount > segments.median_lifetime_value_amount
    or segments.median_lifetime_value_amount > segments.p75_lifetime_value_amount
    or segments.p75_lifetime_value_amount > segments.p90_lifetime_value_amount
