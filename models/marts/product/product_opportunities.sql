-- One row per segment and product type at the latest observation date, unless it is known that nobody
-- could take it: the gaps, ranked by what they are expected to earn in a year, net of expected loss,
-- at the lower bound of the take-up rate. Only gaps with sufficient evidence have a rank.
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
        economics.affordable_balance_amount,
        economics.is_balance_capped,
        economics.expected_balance_amount,
        economics.annual_margin_amount,
        economics.annual_default_rate,
        cast(economics.lgd_ratio as double) as lgd_ratio,
        economics.annual_expected_loss_amount,
        economics.annual_margin_amount - economics.annual_expected_loss_amount
            as annual_net_margin_amount,
        whitespace.evidence,
        whitespace.is_whitespace_suppressed as is_suppressed,
        whitespace.is_take_up_suppressed
    from whitespace
    inner join economics
        on
            whitespace.segment_id = economics.segment_id
            and whitespace.product_type = economics.product_type
    where whitespace.whitespace_count is distinct from 0
),

valued as (
    select
        *,
        cast(expected_takers_count * annual_net_margin_amount as decimal(18, 2))
            as expected_net_margin_amount,
        {% for bound in ['lower', 'upper'] -%}
            case
                when expected_takers_count is not null
                    then cast(
                        whitespace_count * expected_take_up_rate_{{ bound }}
                        * annual_net_margin_amount
                        as decimal(18, 2)
                    )
            end as value_at_{{ bound }}_rate{{ ',' if not loop.last }}
        {% endfor %}
    from joined
),

-- Where a taker loses money, more takers lose more.
bounded as (
    select
        *,
        least(value_at_lower_rate, value_at_upper_rate) as expected_net_margin_amount_lower,
        greatest(value_at_lower_rate, value_at_upper_rate) as expected_net_margin_amount_upper
    from valued
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
                            expected_net_margin_amount_lower desc nulls last,
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
        affordable_balance_amount,
        is_balance_capped,
        expected_balance_amount,
        annual_margin_amount,
        annual_default_rate,
        lgd_ratio,
        annual_expected_loss_amount,
        cast(annual_net_margin_amount as decimal(18, 2)) as annual_net_margin_amount,
        expected_net_margin_amount,
        expected_net_margin_amount_lower,
        expected_net_margin_amount_upper,
        evidence,
        is_suppressed,
        is_take_up_suppressed
    from bounded
)

select * from final
