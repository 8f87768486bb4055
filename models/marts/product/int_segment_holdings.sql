{{ config(schema='internal') }}

-- One row per segment, observation date and ordered pair of product types on the source's books:
-- holders of the first, and how many of them hold the second too. The diagonal holds the holders.
-- Not suppressed: reconciliation reads it.
with

holdings as (
    select * from {{ ref('int_customer_products') }}
),

holders as (
    select * from {{ ref('int_segment_product') }}
),

pairs as (
    select
        held.segment_id,
        held.observation_date,
        held.product_type,
        other.product_type as other_product_type,
        count(*) as both_count
    from holdings as held
    inner join holdings as other
        on
            held.customer_id = other.customer_id
            and held.observation_date = other.observation_date
    group by
        held.segment_id, held.observation_date, held.product_type, other.product_type
),

final as (
    select
        holders.segment_id,
        holders.observation_date,
        holders.product_type,
        others.product_type as other_product_type,
        holders.customers_count,
        holders.holders_count,
        others.holders_count as other_holders_count,
        coalesce(pairs.both_count, 0) as both_count
    from holders
    inner join holders as others
        on
            holders.segment_id = others.segment_id
            and holders.observation_date = others.observation_date
    left join pairs
        on
            holders.segment_id = pairs.segment_id
            and holders.observation_date = pairs.observation_date
            and holders.product_type = pairs.product_type
            and others.product_type = pairs.other_product_type
)

select * from final
