-- One row per segmented customer, observation date and credit account open on that day: what is
-- owed, what can still be drawn, how late it is and what would be owed at default, with the
-- customer's segment. Whether a customer is in default on the date is decided here alone.
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

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

open_accounts as (
    select
        segments.segment_id,
        segments.customer_id,
        segments.observation_date,
        observation_dates.last_month_end_on,
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
            -- Of a limit without a balance nobody knows what is left.
            when
                open_accounts.is_revolving
                and account_months.limit_amount is not null
                and account_months.balance_amount is not null
                then greatest(
                    account_months.limit_amount - greatest(account_months.balance_amount, 0), 0
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

judged as (
    select
        *,
        -- In default already, so that no probability applies. Sources that state outcomes may call
        -- someone good or defaulted later who is this late today: days past due decide as well.
        is_charged_off
        or coalesce(outcome_status = 'already in default', false)
        or coalesce(customer_dpd >= {{ var('default_dpd') }}, false) as is_defaulted
    from measured
),

final as (
    select
        judged.segment_id,
        judged.customer_id,
        judged.observation_date,
        judged.account_id,
        judged.product_type,
        judged.is_revolving,
        judged.opened_on,
        cast(judged.balance_amount as decimal(18, 2)) as balance_amount,
        cast(judged.undrawn_amount as decimal(18, 2)) as undrawn_amount,
        -- Nothing more is drawn after a default: the limit is blocked.
        cast(
            judged.balance_amount
            + case
                when judged.is_defaulted then 0
                else
                    cast(loss_assumptions.credit_conversion_ratio as double)
                    * coalesce(judged.undrawn_amount, 0)
            end as decimal(18, 2)
        ) as exposure_at_default_amount,
        judged.dpd,
        judged.annual_rate,
        judged.remaining_months,
        judged.is_charged_off,
        judged.is_defaulted
    from judged
    left join loss_assumptions
        on judged.product_type = loss_assumptions.product_type
)

select * from final
