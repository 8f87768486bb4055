{{ config(schema='internal') }}

-- One row per segmented customer, observation date and product type held: the balance at the last
-- month end. A deposit counts what the customer has with the lender, credit what is owed.
with

holdings as (
    select * from {{ ref('int_customer_products') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

account_months as (
    select * from {{ ref('int_account_months') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- Only accounts that were still open on the observation date.
balances as (
    select
        account_months.customer_id,
        observation_dates.observation_date,
        account_months.product_type,
        count(account_months.owed_amount) as known_accounts_count,
        sum(account_months.owed_amount) as balance_amount
    from account_months
    inner join observation_dates
        on account_months.month_end_on = observation_dates.last_month_end_on
    inner join accounts
        on
            account_months.account_id = accounts.account_id
            and (
                accounts.opened_on is null
                or accounts.opened_on <= observation_dates.observation_date
            )
            and (
                accounts.closed_on is null
                or accounts.closed_on > observation_dates.observation_date
            )
    group by
        account_months.customer_id,
        observation_dates.observation_date,
        account_months.product_type
),

final as (
    select
        holdings.customer_id,
        holdings.observation_date,
        holdings.segment_id,
        holdings.product_type,
        holdings.accounts_count,
        coalesce(balances.known_accounts_count, 0) as known_accounts_count,
        cast(balances.balance_amount as decimal(18, 2)) as balance_amount
    from holdings
    left join balances
        on
            holdings.customer_id = balances.customer_id
            and holdings.observation_date = balances.observation_date
            and holdings.product_type = balances.product_type
)

select * from final
