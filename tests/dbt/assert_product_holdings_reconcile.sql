-- Per observation date and product the segments' customers, holders and accounts add up to the book,
-- counted from the ledger. A row means that a holding was lost or counted twice.
with

book as (
    select
        segments.observation_date,
        accounts.product_type,
        count(distinct segments.customer_id) as holders_count,
        count(*) as accounts_count
    from {{ ref('segments') }} as segments
    inner join {{ ref('accounts') }} as accounts
        on segments.customer_id = accounts.customer_id
    where
        coalesce(accounts.opened_on, segments.observation_date) <= segments.observation_date
        and coalesce(accounts.closed_on > segments.observation_date, true)
    group by segments.observation_date, accounts.product_type
),

customers as (
    select
        observation_date,
        count(*) as customers_count
    from {{ ref('segments') }}
    group by observation_date
),

marts as (
    select
        observation_date,
        product_type,
        sum(customers_count) as customers_count,
        sum(holders_count) as holders_count,
        sum(accounts_count) as accounts_count
    from {{ ref('int_segment_product') }}
    group by observation_date, product_type
),

diagonal as (
    select
        observation_date,
        product_type,
        sum(both_count) as holders_count
    from {{ ref('int_segment_holdings') }}
    where product_type = other_product_type
    group by observation_date, product_type
)

select
    marts.observation_date,
    marts.product_type,
    customers.customers_count as expected_customers,
    marts.customers_count as found_customers,
    book.holders_count as expected_holders,
    marts.holders_count as found_holders,
    diagonal.holders_count as matrix_holders
from marts
left join customers
    on marts.observation_date = customers.observation_date
left join book
    on
        marts.observation_date = book.observation_date
        and marts.product_type = book.product_type
left join diagonal
    on
        marts.observation_date = diagonal.observation_date
        and marts.product_type = diagonal.product_type
where
    customers.customers_count is distinct from marts.customers_count
    or coalesce(book.holders_count, 0) != marts.holders_count
    or coalesce(book.accounts_count, 0) != marts.accounts_count
    or coalesce(book.holders_count, 0) is distinct from diagonal.holders_count
