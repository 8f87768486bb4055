{{ config(schema='internal') }}

-- One row per segmented customer at the latest observation date: what the customer's products earn
-- and are expected to lose in a year, at the balances of the last month end.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_latest
),

segments as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id
    from {{ ref('segments') }} as segments
    inner join observation_dates
        on segments.observation_date = observation_dates.observation_date
),

balances as (
    select * from {{ ref('int_customer_balances') }}
),

margins as (
    select * from {{ ref('int_product_margins') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

default_rates as (
    select * from {{ ref('int_segment_default_rates') }}
),

products as (
    select
        balances.customer_id,
        balances.observation_date,
        product_types.is_credit,
        margins.product_type is not null
        and balances.known_accounts_count = balances.accounts_count as is_known,
        case when not product_types.is_credit then coalesce(balances.balance_amount, 0) else 0 end
            as deposit_balance_amount,
        case when product_types.is_credit then coalesce(balances.balance_amount, 0) else 0 end
            as credit_balance_amount,
        cast(
            coalesce(balances.balance_amount, 0) * margins.net_interest_margin
            + balances.accounts_count
            * (margins.annual_fee_amount - margins.annual_cost_to_serve_amount)
            as decimal(18, 2)
        ) as margin_amount,
        cast(
            case
                when product_types.is_credit
                    then coalesce(balances.balance_amount, 0) * loss_assumptions.lgd_ratio
                else 0
            end as decimal(18, 2)
        ) as loss_at_default_amount
    from balances
    inner join product_types
        on balances.product_type = product_types.product_type
    left join margins
        on balances.product_type = margins.product_type
    left join loss_assumptions
        on balances.product_type = loss_assumptions.product_type
),

summed as (
    select
        customer_id,
        observation_date,
        count(*) filter (where not is_known) as unknown_products_count,
        sum(deposit_balance_amount) as deposit_balance_amount,
        sum(credit_balance_amount) as credit_balance_amount,
        sum(margin_amount) as annual_margin_amount,
        sum(loss_at_default_amount) as loss_at_default_amount,
        max(case when is_credit then 1 else 0 end) = 1 as has_credit
    from products
    group by customer_id, observation_date
),

final as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        coalesce(summed.unknown_products_count, 0) as unknown_products_count,
        cast(summed.deposit_balance_amount as decimal(18, 2)) as deposit_balance_amount,
        cast(summed.credit_balance_amount as decimal(18, 2)) as credit_balance_amount,
        cast(summed.annual_margin_amount as decimal(18, 2)) as annual_margin_amount,
        default_rates.annual_default_rate,
        default_rates.default_rate_basis,
        summed.has_credit,
        -- Whoever holds credit can draw on it: without a default rate the loss is unknown, not zero.
        cast(
            case
                when not summed.has_credit then 0
                else
                    cast(summed.loss_at_default_amount as double)
                    * default_rates.annual_default_rate
            end as decimal(18, 2)
        ) as annual_expected_loss_amount
    from segments
    left join summed
        on
            segments.customer_id = summed.customer_id
            and segments.observation_date = summed.observation_date
    left join default_rates
        on segments.segment_id = default_rates.segment_id
)

select * from final
