-- One row per credit account that was charged off: when, how much, and what came back.
-- Loans state it. A card has no charge-off in the contract: one that closed in default with money
-- still owed was given up on the day it closed, and nobody says what came back.
{{ config(schema='internal') }}

with

accounts as (
    select * from {{ ref('accounts') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

account_months as (
    select * from {{ ref('account_months') }}
),

loans as (
    select * from {{ ref('loans') }}
),

ends as (
    select
        accounts.account_id,
        accounts.customer_id,
        accounts.product_type,
        product_types.is_revolving,
        accounts.closed_on,
        loans.charged_off_on,
        loans.recovered_amount
    from accounts
    inner join product_types
        on
            accounts.product_type = product_types.product_type
            and product_types.is_credit
    left join loans
        on accounts.account_id = loans.account_id
    where coalesce(loans.charged_off_on, accounts.closed_on) is not null
),

-- What was owed when the account left the books: the latest month end by then.
last_months as (
    select
        ends.account_id,
        account_months.balance_amount,
        account_months.dpd
    from ends
    inner join account_months
        on
            ends.account_id = account_months.account_id
            and account_months.month_end_on
            <= last_day(coalesce(ends.charged_off_on, ends.closed_on))
    where account_months.balance_amount > 0
    qualify row_number() over (
        partition by ends.account_id
        order by account_months.month_end_on desc
    ) = 1
),

closing_months as (
    select
        account_id,
        balance_amount,
        dpd
    from account_months
    qualify row_number() over (
        partition by account_id
        order by month_end_on desc
    ) = 1
),

final as (
    select
        ends.account_id,
        ends.customer_id,
        ends.product_type,
        coalesce(ends.charged_off_on, ends.closed_on) as charged_off_on,
        cast(
            case
                when ends.charged_off_on is not null then coalesce(last_months.balance_amount, 0)
                else closing_months.balance_amount
            end as decimal(18, 2)
        ) as charged_off_amount,
        case
            when ends.charged_off_on is not null
                then cast(ends.recovered_amount as decimal(18, 2))
        end as recovered_amount,
        ends.charged_off_on is not null as is_stated
    from ends
    left join last_months
        on ends.account_id = last_months.account_id
    left join closing_months
        on ends.account_id = closing_months.account_id
    where
        ends.charged_off_on is not null
        or (
            ends.is_revolving
            and closing_months.dpd >= {{ var('default_dpd') }}
            and closing_months.balance_amount > 0
        )
)

select * from final
