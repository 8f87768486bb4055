-- One row per segmented customer, observation date and credit account open on that day: what is
-- owed, what can still be drawn and how late it is, with the customer's segment.
{{ config(schema='internal') }}

with

segments as (
    select * from {{ ref('segments') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

outcomes as (
    select * from {{ ref('customer_outcomes') }}
),

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

open_accounts as (
    select
        segments.segment_id,
        segments.customer_id,
        segments.observation_date,
        observation_dates.last_month_end_on,
        observation_dates.is_mature,
        outcomes.outcome_status,
        accounts.account_id,
        accounts.product_type,
        accounts.opened_on,
        product_types.is_revolving
    from segments
    inner join observation_dates
        on segments.observation_date = observation_dates.observation_date
    left join outcomes
        on
            segments.customer_id = outcomes.customer_id
            and segments.observation_date = outcomes.observation_date
    inner join accounts
        on
            segments.customer_id = accounts.customer_id
            and {{ is_open_at('accounts', 'segments.observation_date') }}
    inner join product_types
        on
            accounts.product_type = product_types.product_type
            and product_types.is_credit
),

measured as (
    select
        open_accounts.*,
        -- Overpaid cards owe nothing; an unknown balance stays unknown.
        case
            when account_months.balance_amount is not null
                then greatest(account_months.balance_amount, 0)
        end as balance_amount,
        case
            when open_accounts.is_revolving and account_months.limit_amount is not null
                then greatest(
                    account_months.limit_amount
                    - greatest(coalesce(account_months.balance_amount, 0), 0),
                    0
                )
        end as undrawn_amount,
        account_months.dpd,
        max(account_months.dpd) over (
            partition by open_accounts.customer_id, open_accounts.observation_date
        ) as customer_dpd,
        loans.principal_amount,
        loans.annual_rate,
        loans.originated_on,
        case
            when loans.term_months is not null
                then greatest(
                    loans.term_months
                    - {{ months_between('loans.originated_on', 'open_accounts.observation_date') }},
                    1
                )
        end as remaining_months,
        coalesce(loans.charged_off_on <= open_accounts.observation_date, false) as is_charged_off
    from open_accounts
    left join account_months
        on
            open_accounts.account_id = account_months.account_id
            and open_accounts.last_month_end_on = account_months.month_end_on
    left join loans
        on open_accounts.account_id = loans.account_id
),

final as (
    select
        segment_id,
        customer_id,
        observation_date,
        account_id,
        product_type,
        is_revolving,
        opened_on,
        cast(balance_amount as decimal(18, 2)) as balance_amount,
        cast(undrawn_amount as decimal(18, 2)) as undrawn_amount,
        dpd,
        annual_rate,
        remaining_months,
        is_charged_off,
        -- In default already, so that no probability applies: as the outcome judges it, or before
        -- the outcome is known by the days past due of the customer's worst account.
        case
            when is_charged_off then true
            when is_mature then outcome_status = 'already in default'
            else coalesce(customer_dpd >= {{ var('default_dpd') }}, false)
        end as is_defaulted
    from measured
)

select * from final
