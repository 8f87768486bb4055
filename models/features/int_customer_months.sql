-- One row per customer and month end: sums over the customer's accounts. Sums of exact decimals and
-- counts only, so that they are the same in any order; windows and ratios come from these.
with

account_months as (
    select * from {{ ref('int_account_months') }}
),

final as (
    select
        customer_id,
        month_end_on,
        sum(balance_amount) filter (where is_deposit) as deposit_balance_amount,
        sum(owed_amount) filter (where is_credit) as credit_balance_amount,
        sum(owed_amount) filter (where is_credit and not is_revolving) as loan_balance_amount,
        sum(owed_amount) filter (where is_revolving and limit_amount > 0)
            as revolving_balance_amount,
        sum(limit_amount) filter (where is_revolving and limit_amount > 0)
            as revolving_limit_amount,
        sum(minimum_due_amount) filter (where is_credit) as minimum_due_amount,
        sum(statement_amount) filter (where payment_amount is not null) as statement_amount,
        sum(least(greatest(payment_amount, 0), statement_amount)) filter (
            where payment_amount is not null and statement_amount is not null
        ) as statement_paid_amount,
        count(*) filter (where statement_amount > 0 and payment_amount is not null)
            as statements_count,
        count(*) filter (where statement_amount > 0 and payment_amount >= statement_amount)
            as full_payments_count,
        max(dpd) filter (where is_credit) as max_dpd,
        count(*) filter (where is_deposit and balance_amount < 0) as overdrawn_accounts_count,
        count(*) filter (where is_deposit and balance_amount is not null) as deposit_accounts_count,
        sum(inflow_amount) filter (where is_deposit) as inflow_amount,
        sum(outflow_amount) filter (where is_deposit) as outflow_amount,
        sum(income_amount) filter (where is_deposit) as income_amount,
        sum(cash_withdrawn_amount) as cash_withdrawn_amount,
        sum(outflow_amount) as spending_amount,
        sum(transactions_count) as transactions_count,
        sum(digital_transactions_count) as digital_transactions_count,
        sum(channel_known_count) as channel_known_count
    from account_months
    group by customer_id, month_end_on
)

select * from final
