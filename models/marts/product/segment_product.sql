-- One row per segment, observation date and product type: penetration against the book.
with

counted as (
    select * from {{ ref('int_segment_product') }}
),

-- A row tells of two groups, those who hold the product and those who don't; the smaller decides,
-- and where everybody or nobody holds it, all customers do.
sized as (
    select
        *,
        least(
            coalesce(nullif(holders_count, 0), customers_count),
            coalesce(nullif(customers_count - holders_count, 0), customers_count)
        ) as cell_customers_count,
        least(
            coalesce(nullif(book_holders_count, 0), book_customers_count),
            coalesce(nullif(book_customers_count - book_holders_count, 0), book_customers_count)
        ) as book_cell_customers_count
    from counted
),

flagged as (
    select
        *,
        {{ is_suppressed('cell_customers_count', ['observation_date, product_type']) }}
            as is_suppressed,
        {{ is_small_cell('book_cell_customers_count') }} as is_book_suppressed
    from sized
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        case when not is_suppressed then customers_count end as customers_count,
        case when not is_suppressed then holders_count end as holders_count,
        case when not is_suppressed then accounts_count end as accounts_count,
        case when not is_suppressed then {{ ratio('holders_count', 'customers_count') }} end
            as penetration_rate,
        case when not is_suppressed then {{ wilson_lower('holders_count', 'customers_count') }} end
            as penetration_rate_lower,
        case when not is_suppressed then {{ wilson_upper('holders_count', 'customers_count') }} end
            as penetration_rate_upper,
        book_customers_count,
        case when not is_book_suppressed then book_holders_count end as book_holders_count,
        case
            when not is_book_suppressed
                then {{ ratio('book_holders_count', 'book_customers_count') }}
        end as book_penetration_rate,
        case
            when not is_suppressed and not is_book_suppressed
                then
                    {{ ratio(
                        ratio('holders_count', 'customers_count'),
                        ratio('book_holders_count', 'book_customers_count')
                    ) }}
        end as penetration_index,
        is_suppressed,
        is_book_suppressed
    from flagged
)

select * from final
