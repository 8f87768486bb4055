-- One row per segment, observation date and ordered pair of product types: of those who hold the
-- first, the share that holds the second too.
with

counted as (
    select * from {{ ref('int_segment_holdings') }}
),

flagged as (
    select
        *,
        {{ is_suppressed(
            'least(holders_count, other_holders_count)',
            ['observation_date, product_type, other_product_type']
        ) }} as is_suppressed
    from counted
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        other_product_type,
        case when not is_suppressed then holders_count end as holders_count,
        case when not is_suppressed then both_count end as both_count,
        case when not is_suppressed then {{ ratio('both_count', 'holders_count') }} end
            as both_rate,
        case when not is_suppressed then {{ wilson_lower('both_count', 'holders_count') }} end
            as both_rate_lower,
        case when not is_suppressed then {{ wilson_upper('both_count', 'holders_count') }} end
            as both_rate_upper,
        is_suppressed
    from flagged
)

select * from final
