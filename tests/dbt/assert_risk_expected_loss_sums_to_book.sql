-- Expected loss by segment and product equals PD x LGD x EAD added up account by account, to a cent a
-- row. A breach would mean that accounts or their exposure are lost between the two.
with

accounts as (
    select
        exposures.observation_date,
        count(*) as accounts_count,
        sum(exposures.balance_amount) as balance_amount,
        -- Cast to decimals, so that the order of the accounts doesn't matter.
        sum(cast(
            case when exposures.is_defaulted then 1 else probabilities.pd end
            * cast(assumptions.lgd_ratio as double)
            * (
                exposures.balance_amount
                + case
                    when exposures.is_defaulted then 0
                    else cast(assumptions.credit_conversion_ratio as double)
                        * coalesce(exposures.undrawn_amount, 0)
                end
            ) as decimal(28, 8)
        )) as expected_loss_amount
    from {{ ref('int_credit_exposures') }} as exposures
    inner join {{ ref('int_segment_default_probabilities') }} as probabilities
        on
            exposures.segment_id = probabilities.segment_id
            and exposures.observation_date = probabilities.observation_date
    left join {{ ref('risk_loss_assumptions') }} as assumptions
        on exposures.product_type = assumptions.product_type
    where not exposures.is_charged_off
    group by exposures.observation_date
),

segments as (
    select
        observation_date,
        count(*) as rows_count,
        sum(accounts_count) as accounts_count,
        sum(balance_amount) as balance_amount,
        sum(expected_loss_amount) as expected_loss_amount
    from {{ ref('int_segment_expected_loss') }}
    group by observation_date
)

select
    accounts.observation_date,
    accounts.accounts_count as book_accounts_count,
    segments.accounts_count as segment_accounts_count,
    accounts.balance_amount as book_balance_amount,
    segments.balance_amount as segment_balance_amount,
    accounts.expected_loss_amount as book_expected_loss_amount,
    segments.expected_loss_amount as segment_expected_loss_amount
from accounts
full outer join segments
    on accounts.observation_date = segments.observation_date
where
    accounts.accounts_count is distinct from segments.accounts_count
    or coalesce(accounts.balance_amount, 0) <> coalesce(segments.balance_amount, 0)
    or (accounts.expected_loss_amount is null) <> (segments.expected_loss_amount is null)
    or abs(accounts.expected_loss_amount - segments.expected_loss_amount)
    > 0.02 * segments.rows_count
