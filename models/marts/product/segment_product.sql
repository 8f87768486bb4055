-- One row per segment, observation date and product type: penetration against the book.
with

counted as (
    select * from {{ ref('int_segment_product') }}
),

flagged as (
    select
        *,
        {{ is_suppressed('customers_count', ['observation_date, product_type']) }}
            as is_suppressed
    from counted
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
        book_holders_count,
        {{ ratio('book_holders_count', 'book_customers_count') }} as book_penetration_rate,
        case
            when not is_suppressed
                then
                    {{ ratio(
                        ratio('holders_count', 'customers_count'),
                        ratio('book_holders_count', 'book_customers_count')
                    ) }}
        end as penetration_index,
        is_suppressed
    from flagged
)

select * from final
