-- One row per segment, observation date and ordered pair of product types: of those who hold the
-- first, the share that holds the second too.
with

counted as (
    select * from {{ ref('int_segment_holdings') }}
),

-- How many hold a product is segment_product's to show or to hide.
products as (
    select
        segment_id,
        observation_date,
        product_type,
        is_suppressed
    from {{ ref('segment_product') }}
),

-- Where the holders of both products leave one number for both (everyone holds the first, say, so
-- that both are the holders of the second) the pair tells nothing more: it is shown, and can't keep
-- another pair company that is hidden. What both products of few holders would tell is hidden.
pairs as (
    select
        *,
        case
            when product_type = other_product_type then customers_count
            when
                least(holders_count, other_holders_count)
                > greatest(0, holders_count + other_holders_count - customers_count)
                then least(holders_count, other_holders_count)
        end as pair_customers_count
    from counted
),

flagged as (
    select
        *,
        {{ is_suppressed(
            'pair_customers_count', ['observation_date, product_type, other_product_type']
        ) }} as is_pair_suppressed
    from pairs
),

judged as (
    select
        flagged.*,
        products.is_suppressed as is_holders_suppressed,
        flagged.is_pair_suppressed or products.is_suppressed or others.is_suppressed
            as is_suppressed
    from flagged
    inner join products
        on
            flagged.segment_id = products.segment_id
            and flagged.observation_date = products.observation_date
            and flagged.product_type = products.product_type
    inner join products as others
        on
            flagged.segment_id = others.segment_id
            and flagged.observation_date = others.observation_date
            and flagged.other_product_type = others.product_type
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        other_product_type,
        case when not is_holders_suppressed then holders_count end as holders_count,
        case when not is_suppressed then both_count end as both_count,
        case when not is_suppressed then {{ ratio('both_count', 'holders_count') }} end
            as both_rate,
        case when not is_suppressed then {{ wilson_lower('both_count', 'holders_count') }} end
            as both_rate_lower,
        case when not is_suppressed then {{ wilson_upper('both_count', 'holders_count') }} end
            as both_rate_upper,
        is_suppressed
    from judged
)

select * from final
