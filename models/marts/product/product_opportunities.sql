-- One row per segment and product type with whitespace at the latest observation date, ranked by
-- what the gap is expected to earn in a year, net of expected loss.
-- Only gaps with sufficient evidence have a rank.
with

whitespace as (
    select * from {{ ref('product_whitespace') }}
),

economics as (
    select * from {{ ref('int_product_economics') }}
),

joined as (
    select
        whitespace.segment_id,
        whitespace.product_type,
        whitespace.observation_date,
        whitespace.whitespace_count,
        whitespace.lookalikes_on,
        whitespace.lookalikes_count,
        whitespace.take_ups_count,
        whitespace.expected_take_up_rate,
        whitespace.expected_take_up_rate_lower,
        whitespace.expected_take_up_rate_upper,
        whitespace.expected_takers_count,
        economics.balance_basis,
        economics.expected_balance_amount,
        economics.annual_margin_amount,
        economics.annual_default_rate,
        cast(economics.lgd_ratio as double) as lgd_ratio,
        economics.annual_expected_loss_amount,
        economics.annual_margin_amount - economics.annual_expected_loss_amount
            as annual_net_margin_amount,
        whitespace.evidence
    from whitespace
    inner join economics
        on
            whitespace.segment_id = economics.segment_id
            and whitespace.product_type = economics.product_type
    where not whitespace.is_suppressed and whitespace.whitespace_count > 0
),

valued as (
    select
        *,
        cast(expected_takers_count * annual_net_margin_amount as decimal(18, 2))
            as expected_net_margin_amount,
        cast(
            whitespace_count * expected_take_up_rate_lower * annual_net_margin_amount
            as decimal(18, 2)
        ) as value_at_lower_rate,
        cast(
            whitespace_count * expected_take_up_rate_upper * annual_net_margin_amount
            as decimal(18, 2)
        ) as value_at_upper_rate
    from joined
),

final as (
    select
        segment_id,
        product_type,
        observation_date,
        case
            when expected_net_margin_amount is not null
                then
                    cast(row_number() over (
                        order by
                            expected_net_margin_amount desc nulls last,
                            segment_id,
                            product_type
                    ) as integer)
        end as opportunity_rank,
        whitespace_count,
        lookalikes_on,
        lookalikes_count,
        take_ups_count,
        expected_take_up_rate,
        expected_take_up_rate_lower,
        expected_take_up_rate_upper,
        expected_takers_count,
        balance_basis,
        expected_balance_amount,
        annual_margin_amount,
        annual_default_rate,
        lgd_ratio,
        annual_expected_loss_amount,
        cast(annual_net_margin_amount as decimal(18, 2)) as annual_net_margin_amount,
        expected_net_margin_amount,
        -- Where a taker loses money, more takers lose more.
        least(value_at_lower_rate, value_at_upper_rate) as expected_net_margin_amount_lower,
        greatest(value_at_lower_rate, value_at_upper_rate) as expected_net_margin_amount_upper,
        evidence
    from valued
)

select * from final
