{{ config(schema='internal') }}

-- One row per segment and product type on the source's books at the latest observation date: what a
-- customer of the segment who takes the product would earn in a year.
-- The balance is the median of the segment's holders, or the book's where they are too few.
with

balances as (
    select customer_balances.*
    from {{ ref('int_customer_balances') }} as customer_balances
    inner join {{ ref('observation_dates') }} as observation_dates
        on customer_balances.observation_date = observation_dates.observation_date
    where
        observation_dates.is_latest
        and customer_balances.balance_amount is not null
),

whitespace as (
    select * from {{ ref('int_product_whitespace') }}
),

margins as (
    select * from {{ ref('int_product_margins') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

default_rates as (
    select * from {{ ref('int_segment_default_rates') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

settings as (
    select
        max(case setting when 'minimum_lookalikes_count' then value end)
            as minimum_lookalikes_count
    from {{ ref('product_settings') }}
),

segment_balances as (
    select
        segment_id,
        product_type,
        count(*) as holders_count,
        percentile_cont(0.5) within group (order by cast(balance_amount as double))
            as median_balance_amount
    from balances
    group by segment_id, product_type
),

book_balances as (
    select
        product_type,
        percentile_cont(0.5) within group (order by cast(balance_amount as double))
            as median_balance_amount
    from balances
    group by product_type
),

chosen as (
    select
        whitespace.segment_id,
        whitespace.product_type,
        whitespace.observation_date,
        case
            when segment_balances.holders_count >= settings.minimum_lookalikes_count
                then 'segment holders'
            when book_balances.median_balance_amount is not null then 'book holders'
        end as balance_basis,
        case
            when segment_balances.holders_count >= settings.minimum_lookalikes_count
                then segment_balances.median_balance_amount
            else book_balances.median_balance_amount
        end as expected_balance_amount
    from whitespace
    cross join settings
    left join segment_balances
        on
            whitespace.segment_id = segment_balances.segment_id
            and whitespace.product_type = segment_balances.product_type
    left join book_balances
        on whitespace.product_type = book_balances.product_type
),

final as (
    select
        chosen.segment_id,
        chosen.product_type,
        chosen.observation_date,
        chosen.balance_basis,
        cast(chosen.expected_balance_amount as decimal(18, 2)) as expected_balance_amount,
        cast(
            chosen.expected_balance_amount * margins.net_interest_margin
            + margins.annual_fee_amount - margins.annual_cost_to_serve_amount
            as decimal(18, 2)
        ) as annual_margin_amount,
        default_rates.annual_default_rate,
        loss_assumptions.lgd_ratio,
        cast(
            case
                when product_types.is_credit
                    then
                        chosen.expected_balance_amount * default_rates.annual_default_rate
                        * loss_assumptions.lgd_ratio
                else 0
            end as decimal(18, 2)
        ) as annual_expected_loss_amount
    from chosen
    inner join product_types
        on chosen.product_type = product_types.product_type
    left join margins
        on chosen.product_type = margins.product_type
    left join loss_assumptions
        on chosen.product_type = loss_assumptions.product_type
    left join default_rates
        on chosen.segment_id = default_rates.segment_id
)

select * from final
