{{ config(schema='internal') }}

-- One row per segmented customer at the latest observation date: what the customer's products earn
-- and are expected to lose in a year, at the balances of the last month end. The loss is that of
-- segment_expected_loss, account by account; what is owed at an unknown balance is not known to be
-- nothing, so its holder has neither margin nor loss.
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

exposures as (
    select exposures.*
    from {{ ref('int_credit_exposures') }} as exposures
    inner join observation_dates
        on exposures.observation_date = observation_dates.observation_date
    where not exposures.is_charged_off
),

probabilities as (
    select * from {{ ref('int_segment_product_default_probabilities') }}
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
        product_types.is_credit
        and balances.known_accounts_count < balances.accounts_count as is_credit_unknown,
        case when not product_types.is_credit then coalesce(balances.balance_amount, 0) else 0 end
            as deposit_balance_amount,
        case when product_types.is_credit then coalesce(balances.balance_amount, 0) else 0 end
            as credit_balance_amount,
        cast(
            coalesce(balances.balance_amount, 0) * margins.net_interest_margin
            + balances.accounts_count
            * (margins.annual_fee_amount - margins.annual_cost_to_serve_amount)
            as decimal(18, 2)
        ) as margin_amount
    from balances
    inner join product_types
        on balances.product_type = product_types.product_type
    left join margins
        on balances.product_type = margins.product_type
),

summed as (
    select
        customer_id,
        observation_date,
        count(*) filter (where not is_known) as unknown_products_count,
        sum(deposit_balance_amount) as deposit_balance_amount,
        sum(credit_balance_amount) as credit_balance_amount,
        sum(margin_amount) as annual_margin_amount,
        max(case when is_credit then 1 else 0 end) = 1 as has_credit,
        max(case when is_credit_unknown then 1 else 0 end) = 1 as is_credit_unknown
    from products
    group by customer_id, observation_date
),

-- Whoever holds credit can draw on it: without a PD the loss is unknown, not zero.
account_losses as (
    select
        exposures.customer_id,
        exposures.is_defaulted,
        case
            when probabilities.pd_12m is not null
                then cast(
                    case when exposures.is_defaulted then 1 else probabilities.pd_12m end
                    * cast(loss_assumptions.lgd_ratio as double)
                    * exposures.exposure_at_default_amount
                    as decimal(28, 8)
                )
        end as expected_loss_amount
    from exposures
    left join probabilities
        on
            exposures.segment_id = probabilities.segment_id
            and exposures.observation_date = probabilities.observation_date
            and exposures.product_type = probabilities.product_type
    left join loss_assumptions
        on exposures.product_type = loss_assumptions.product_type
),

losses as (
    select
        customer_id,
        max(case when is_defaulted then 1 else 0 end) = 1 as is_defaulted,
        sum(expected_loss_amount) as known_expected_loss_amount,
        count(expected_loss_amount) = count(*) as is_loss_known
    from account_losses
    group by customer_id
),

joined as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        coalesce(summed.unknown_products_count, 0) as unknown_products_count,
        coalesce(summed.is_credit_unknown, false) as is_credit_unknown,
        summed.deposit_balance_amount,
        summed.credit_balance_amount,
        summed.annual_margin_amount,
        default_rates.annual_default_rate,
        default_rates.default_rate_basis,
        summed.has_credit,
        coalesce(losses.is_defaulted, false) as is_defaulted,
        losses.known_expected_loss_amount,
        case
            when losses.customer_id is null then 0
            when losses.is_loss_known then losses.known_expected_loss_amount
        end as annual_expected_loss_amount
    from segments
    left join summed
        on
            segments.customer_id = summed.customer_id
            and segments.observation_date = summed.observation_date
    left join losses
        on segments.customer_id = losses.customer_id
    left join default_rates
        on segments.segment_id = default_rates.segment_id
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        unknown_products_count,
        is_credit_unknown,
        cast(deposit_balance_amount as decimal(18, 2)) as deposit_balance_amount,
        {% for column in [
            'credit_balance_amount', 'annual_margin_amount', 'annual_expected_loss_amount',
        ] -%}
            cast(case when not is_credit_unknown then {{ column }} end as decimal(18, 2))
                as {{ column }},
        {% endfor -%}
        annual_default_rate,
        default_rate_basis,
        has_credit,
        is_defaulted,
        -- For reconciliation with the risk marts, which count every account with a known balance.
        cast(known_expected_loss_amount as decimal(18, 2)) as known_expected_loss_amount
    from joined
)

select * from final
