-- One row per account and month end: the balance with its product, the month before and the flows.
with

account_months as (
    select * from {{ ref('account_months') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

flows as (
    select * from {{ ref('int_account_flows') }}
),

-- A card can have postings in a month for which no balance was delivered, and the reverse.
account_month_keys as (
    select
        account_id,
        month_end_on
    from account_months
    union
    select
        account_id,
        month_end_on
    from flows
),

joined as (
    select
        account_month_keys.account_id,
        account_month_keys.month_end_on,
        account_months.balance_amount,
        account_months.limit_amount,
        account_months.payment_amount,
        account_months.minimum_due_amount,
        account_months.dpd,
        lag(account_months.balance_amount) over (
            partition by account_month_keys.account_id
            order by account_month_keys.month_end_on
        ) as earlier_balance_amount,
        lag(account_month_keys.month_end_on) over (
            partition by account_month_keys.account_id
            order by account_month_keys.month_end_on
        ) as earlier_month_end_on,
        flows.inflow_amount,
        flows.outflow_amount,
        flows.income_amount,
        flows.cash_withdrawn_amount,
        flows.transactions_count,
        flows.digital_transactions_count,
        flows.channel_known_count
    from account_month_keys
    left join account_months
        on
            account_month_keys.account_id = account_months.account_id
            and account_month_keys.month_end_on = account_months.month_end_on
    left join flows
        on
            account_month_keys.account_id = flows.account_id
            and account_month_keys.month_end_on = flows.month_end_on
),

final as (
    select
        accounts.customer_id,
        joined.account_id,
        joined.month_end_on,
        accounts.product_type,
        product_types.is_deposit,
        product_types.is_credit,
        product_types.is_revolving,
        joined.balance_amount,
        -- `greatest` skips nulls: an unknown balance would become zero.
        case when joined.balance_amount is not null then greatest(joined.balance_amount, 0) end
            as owed_amount,
        joined.limit_amount,
        joined.payment_amount,
        joined.minimum_due_amount,
        joined.dpd,
        -- What the customer was asked to pay in this month: the balance one month earlier.
        case
            when
                product_types.is_revolving
                and joined.earlier_balance_amount is not null
                and {{ months_between('joined.earlier_month_end_on', 'joined.month_end_on') }} = 1
                then greatest(joined.earlier_balance_amount, 0)
        end as statement_amount,
        joined.inflow_amount,
        joined.outflow_amount,
        joined.income_amount,
        joined.cash_withdrawn_amount,
        coalesce(joined.transactions_count, 0) as transactions_count,
        coalesce(joined.digital_transactions_count, 0) as digital_transactions_count,
        coalesce(joined.channel_known_count, 0) as channel_known_count
    from joined
    inner join accounts
        on joined.account_id = accounts.account_id
    inner join product_types
        on accounts.product_type = product_types.product_type
)

select * from final
