-- Product: in which segments is a product held less than half as often as in the book, though the
-- segment is large enough to matter?
select
    products.segment_id,
    products.product_type,
    products.penetration_rate,
    products.penetration_rate_lower,
    products.penetration_rate_upper,
    products.book_penetration_rate,
    products.penetration_index,
    products.customers_count
from {{ ref('segment_product') }} as products
inner join {{ ref('observation_dates') }} as observation_dates
    on
        products.observation_date = observation_dates.observation_date
        and observation_dates.is_latest
where
    products.penetration_index < 0.5
    and products.penetration_rate_upper < products.book_penetration_rate
order by products.penetration_index, products.segment_id, products.product_type
