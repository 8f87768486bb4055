{{ config(schema='internal') }}

-- One row per segment, observation date and product type on the source's books: how many of the
-- segment's customers hold it. Not suppressed: reconciliation reads it.
with

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

holdings as (
    select * from {{ ref('int_customer_products') }}
),

-- A product that this lender has never sold has no penetration, not a penetration of zero.
products as (
    select distinct product_type from {{ ref('accounts') }}
),

customer_counts as (
    select
        segment_id,
        observation_date,
        count(*) as customers_count
    from segments
    group by segment_id, observation_date
),

holder_counts as (
    select
        segment_id,
        observation_date,
        product_type,
        count(*) as holders_count,
        sum(accounts_count) as accounts_count
    from holdings
    group by segment_id, observation_date, product_type
),

counted as (
    select
        customer_counts.segment_id,
        customer_counts.observation_date,
        products.product_type,
        customer_counts.customers_count,
        coalesce(holder_counts.holders_count, 0) as holders_count,
        coalesce(holder_counts.accounts_count, 0) as accounts_count
    from customer_counts
    cross join products
    left join holder_counts
        on
            customer_counts.segment_id = holder_counts.segment_id
            and customer_counts.observation_date = holder_counts.observation_date
            and products.product_type = holder_counts.product_type
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        customers_count,
        holders_count,
        cast(accounts_count as bigint) as accounts_count,
        cast(sum(customers_count) over (partition by observation_date, product_type) as bigint)
            as book_customers_count,
        cast(sum(holders_count) over (partition by observation_date, product_type) as bigint)
            as book_holders_count
    from counted
)

select * from final
